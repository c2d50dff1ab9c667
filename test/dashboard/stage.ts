import type { INestApplication } from '@nestjs/common';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { keyIdOf, type KeyManagementModuleOptions } from '../../src/key-management';
import { TcpProxy } from '../firebase-server/tcp-proxy';
import { fakeKey, VendorSimulator } from '../simulator';
import { Watch } from './browser';
import { startRealApp } from './real-app';

export const [FIRST, SECOND, THIRD] = [1, 2, 3].map((n) => fakeKey('openai', n)) as [string, string, string];

/** A real app with three good keys of a simulated OpenAI, its dashboard in a browser, and a line between that can be cut. */
export class Stage {
  private constructor(
    readonly simulator: VendorSimulator,
    readonly app: INestApplication,
    readonly proxy: TcpProxy,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly url: string,
    private readonly watch: Watch,
  ) {}

  static async open(browser: Browser, folder: string, more: KeyManagementModuleOptions = {}): Promise<Stage> {
    const simulator = await VendorSimulator.start();
    for (const key of [FIRST, SECOND, THIRD]) simulator.openai.key(key);
    const openai = { keys: [FIRST, SECOND, THIRD], baseUrl: simulator.openai.baseUrl };
    const providers = { openai, anthropic: { baseUrl: simulator.anthropic.baseUrl } };
    const options = { providers, backoff: { initialMs: 0, maxMs: 0 }, ...more };
    const { app, port } = await startRealApp({ folder, options, withHelmet: true });
    const proxy = await TcpProxy.start(port);
    const origin = `http://127.0.0.1:${proxy.port}`;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(15_000);
    const page = await context.newPage();
    return new Stage(simulator, app, proxy, context, page, `${origin}/dashboard`, new Watch(page));
  }

  /** The page broke no policy, threw nothing and asked nobody else. */
  async close(): Promise<void> {
    await this.context.close();
    await this.proxy.cut();
    await this.app.close();
    await this.simulator.close();
    this.watch.expectClean();
  }

  row(key: string): Locator {
    return this.page.locator(`[data-key="${keyIdOf(key)}"]`);
  }

  /** Resolves when changes come live. */
  live(): Promise<void> {
    return this.page.locator('.live-live').waitFor();
  }
}
