import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Injectable,
  UnauthorizedException,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { map, type Observable } from 'rxjs';
import { isKeyManagementRoute, KeyPoolService, keyIdOf } from '../../src/key-management';
import { VendorSimulator } from '../simulator';
import { describeInChromium, launch, signIn, Watch } from './browser';
import { buildDashboard } from './build';
import { ADMIN, startRealApp } from './real-app';
import { FIRST } from './stage';

/** As many apps have them: every answer in an envelope, and nobody without a session. */
@Injectable()
class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ success: true, data })));
  }
}
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isKeyManagementRoute(context)) return true;
    throw new UnauthorizedException('There is no session.');
  }
}

/** Takes `/ops/keys` off the path, as an ingress does, so that the app does not know where it stands. */
async function startIngress(port: number): Promise<{ server: Server; origin: string }> {
  const server = createServer((incoming, answer) => {
    const path = incoming.url!.replace(/^\/ops\/keys/, '');
    const { method, headers } = incoming;
    const onward = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    answer.on('close', () => onward.destroy());
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describeInChromium('the page in apps of others, under the strict policy', () => {
  const folder = buildDashboard('hosts');
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let watch: Watch;
  let app: INestApplication;
  let simulator: VendorSimulator;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    simulator.openai.key(FIRST);
    context = await browser.newContext();
    context.setDefaultTimeout(15_000);
    page = await context.newPage();
    watch = new Watch(page);
  });
  afterEach(async () => {
    await context.close();
    await app.close();
    await simulator.close();
    watch.expectClean();
  });

  const options = () => ({ providers: { openai: { keys: [FIRST], baseUrl: simulator.openai.baseUrl } } });

  /** It reads, hears of changes live, and changes something, with an answer and without one. */
  async function works(): Promise<void> {
    await page.locator('.live-live').waitFor();
    await page.getByRole('heading', { name: 'OpenAI' }).waitFor();
    const row = page.locator(`[data-key="${keyIdOf(FIRST)}"]`);
    await row.getByText('Healthy', { exact: true }).waitFor();
    await page.getByLabel('24 h').check({ force: true });
    await page.getByText('The last 24 hours, since').waitFor();
    await row.getByRole('button', { name: /^Disable/ }).click();
    await row.getByText('Disabled', { exact: true }).waitFor();
    await row.getByRole('button', { name: /^Delete/ }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Delete/ })
      .click();
    await row.waitFor({ state: 'detached' });
    expect(app.get(KeyPoolService).list('openai')).toEqual([]);
  }

  it.each(['express', 'fastify'] as const)(
    'works behind a prefix, versions in headers, an envelope and a guard for all routes, on %s',
    async (adapter) => {
      const started = await startRealApp({
        folder,
        adapter,
        options: options(),
        withHelmet: adapter === 'express',
        globalPrefix: 'internal/api',
        parts: {
          providers: [
            { provide: APP_INTERCEPTOR, useClass: Envelope },
            { provide: APP_GUARD, useClass: SessionGuard },
          ],
        },
        versioning: { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' },
      });
      app = started.app;
      await signIn(page, `${started.origin}/internal/api/dashboard`, ADMIN);
      await works();
    },
  );

  it.each(['', '/'])('works behind an ingress that takes a path off, opened with "%s" at the end', async (slash) => {
    const started = await startRealApp({ folder, options: options(), withHelmet: true });
    app = started.app;
    const ingress = await startIngress(started.port);
    await signIn(page, `${ingress.origin}/ops/keys/dashboard${slash}`, ADMIN);
    await works();
    // The streams of the page end before the ingress does.
    await page.goto('about:blank');
    ingress.server.closeAllConnections();
    await new Promise((resolve) => ingress.server.close(resolve));
  });
});
