import {
  Injectable,
  UnauthorizedException,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type VersioningOptions,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { isKeyManagementRoute } from '../../src/key-management';
import { secret } from '../canary/canary';
import { describeInChromium, signIn } from './browser';
import { ADMIN, startRealApp } from './real-app';
import { useStage } from './use-stage';

/** Tokens of the app's own users. */
const USERS = new Map([
  [secret('token-of-the-user-ann-0001'), { role: 'admin' }],
  [secret('token-of-the-user-bob-0002'), { role: 'guest' }],
]);
const [ANN, BOB] = [...USERS.keys()] as [string, string];

interface WithUser {
  headers: { authorization?: string };
  user?: { role: string };
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Injectable()
class UserGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>('isPublic', [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<WithUser>();
    const user = USERS.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
    if (!user) throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}

@Injectable()
class LettingGuard extends UserGuard {
  override canActivate(context: ExecutionContext): boolean {
    return isKeyManagementRoute(context) || super.canActivate(context);
  }
}

const VERSIONS: VersioningOptions[] = [
  { type: VersioningType.URI, defaultVersion: '1' },
  { type: VersioningType.HEADER, header: 'x-api-version', defaultVersion: '1' },
];
const partsWith = (guard: typeof UserGuard) => ({
  providers: [
    { provide: APP_GUARD, useClass: guard },
    { provide: APP_INTERCEPTOR, useClass: Envelope },
  ],
});
const authorize = (request: unknown): boolean => (request as WithUser).user?.role === 'admin';

describeInChromium('the page in an app with a prefix, versions, a guard and an envelope of its own', () => {
  const on = useStage('beside-host');
  const running: INestApplication[] = [];
  const startHost = async (more: Partial<Parameters<typeof startRealApp>[0]>) => {
    const started = await startRealApp({ globalPrefix: 'api', withHelmet: true, folder: on.folder, ...more });
    running.push(started.app);
    return started;
  };
  // The stage has closed its page by then, and the stream of it.
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.close()));
  });

  it.each(VERSIONS)('works with its own tokens where the guard lets it pass: %j', async (versioning) => {
    const { page } = on.stage;
    const { origin } = await startHost({
      versioning,
      parts: partsWith(LettingGuard),
    });
    await signIn(page, `${origin}/api/dashboard`, ADMIN);
    await on.stage.live();
    await page.getByRole('heading', { name: 'No keys yet' }).waitFor();
  });

  it.each(['express', 'fastify'] as const)('takes the token of a user of the app, on %s', async (adapter) => {
    const { page } = on.stage;
    const { origin } = await startHost({
      adapter,
      versioning: VERSIONS[1],
      parts: partsWith(UserGuard),
      options: { admin: { authorize } },
    });
    await page.goto(`${origin}/api/dashboard`);
    await page.getByRole('alert').filter({ hasText: 'The app does not know you.' }).waitFor();
    await page.getByLabel('Access token').fill(BOB);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'You may not see the dashboard.' }).waitFor();
    await page.getByLabel('Access token').fill(ANN);
    await page.keyboard.press('Enter');
    await on.stage.live();
    await page.reload();
    await on.stage.live();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  it('asks for nothing where a user comes with a cookie', async () => {
    const { page } = on.stage;
    const { origin } = await startHost({
      options: {
        admin: {
          authorize: (request) => /user=ann/.test((request as { headers: { cookie?: string } }).headers.cookie ?? ''),
        },
      },
    });
    await page.goto(`${origin}/api/dashboard`);
    await page.getByRole('alert').filter({ hasText: 'You may not see the dashboard.' }).waitFor();
    await on.stage.context.addCookies([{ name: 'user', value: 'ann', url: origin }]);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await on.stage.live();
    expect(await page.getByRole('button', { name: 'Sign out' }).count()).toBe(0);
  });
});
