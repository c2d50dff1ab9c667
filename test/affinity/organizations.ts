import type { TestingModule } from '@nestjs/testing';
import {
  KeyPoolService,
  keyIdOf,
  ManagedFetchService,
  type KeyManagementModuleOptions,
  type ManagedFetchOptions,
  type ProviderOptions,
} from '../../src/key-management';
import { VendorSimulator, type SimulatedVendor } from '../simulator';
import { startKeyManagement, type TestAppOptions } from '../support/key-management-app';

export type VendorName = 'openai' | 'anthropic' | 'google';

/** Keys of several organizations at each of the three vendors, and apps that use them. */
export class Organizations {
  readonly #apps: TestingModule[] = [];

  private constructor(
    readonly simulator: VendorSimulator,
    /** By organization. */
    readonly keys: Readonly<Record<VendorName, readonly (readonly string[])[]>>,
  ) {}

  /** @param hasNames Whether answers name their organization, where the vendor does that at all. */
  static async start(count: number, keysOfEach = 1, hasNames = true): Promise<Organizations> {
    const simulator = await VendorSimulator.start();
    const keysAt = (vendor: SimulatedVendor) =>
      Array.from({ length: count }, (_, n) => {
        const keys = vendor.newKeys(keysOfEach);
        if (hasNames) vendor.organize(`org-${n}`, keys);
        return keys;
      });
    const { openai, anthropic, google } = simulator;
    return new Organizations(simulator, {
      openai: keysAt(openai),
      anthropic: keysAt(anthropic),
      google: keysAt(google),
    });
  }

  async app(
    options: KeyManagementModuleOptions = {},
    provider: ProviderOptions = {},
    test?: TestAppOptions,
  ): Promise<TestingModule> {
    const of = (name: VendorName) => ({
      keys: this.keys[name].flat(),
      baseUrl: this.simulator[name].baseUrl,
      ...provider,
    });
    const app = await startKeyManagement(
      {
        providers: { openai: of('openai'), anthropic: of('anthropic'), google: of('google') },
        healthCheckDepth: 'light',
        backoff: { initialMs: 1, maxMs: 2 },
        ...options,
      },
      test,
    );
    this.#apps.push(app);
    // What the start asks does not count.
    if (this.#apps.length === 1)
      for (const name of ['openai', 'anthropic', 'google'] as const) this.simulator[name].calls.reset();
    return app;
  }

  /** The organizations whose keys the vendor was called with, in the order of the calls. */
  called(name: VendorName): number[] {
    return [...this.simulator[name].calls].map(({ key }) => this.keys[name].findIndex((keys) => keys.includes(key)));
  }

  /** The id of the first key of an organization. */
  ownerOf(name: VendorName, organization: number): string {
    return keyIdOf(this.keys[name][organization]![0]!);
  }

  /** Calls the vendor with a key of this organization, past any app. */
  fetchWith(name: VendorName, organization: number): typeof fetch {
    const [key] = this.keys[name][organization]!;
    return (input, init) => fetch(input, { ...init, headers: { ...init?.headers, authorization: `Bearer ${key}` } });
  }

  /** The organization in which an object of OpenAI exists. */
  makerOf(id: string): number {
    return this.keys.openai.findIndex(([key]) => this.simulator.openai.has(key!, id));
  }

  /** Ends an app that was started here. */
  async end(app: TestingModule): Promise<void> {
    this.#apps.splice(this.#apps.indexOf(app), 1);
    await app.close();
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.close();
    await this.simulator.close();
  }
}

export const fetchOf = (app: TestingModule, name: VendorName, options?: ManagedFetchOptions): typeof fetch =>
  app.get(ManagedFetchService).for(name, options);

/** Calls in JSON to a path of the vendor. */
export async function call(
  fetch: typeof globalThis.fetch,
  url: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown>; response: Response }> {
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, response };
}

/** Errors and cooldowns that the keys of a provider have. */
export const blemishes = (app: TestingModule, name: VendorName): unknown[] =>
  app
    .get(KeyPoolService)
    .list(name)
    .filter(({ status, errorCount, cooldowns }) => status !== 'healthy' || errorCount > 0 || cooldowns.length > 0);
