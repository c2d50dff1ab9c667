import type { TestingModule } from '@nestjs/testing';
import {
  KeyPoolService,
  keyIdOf,
  ManagedFetchService,
  RetryExecutorService,
  type KeyManagementModuleOptions,
  type KeySnapshot,
  type ManagedFetchOptions,
  type Outcome,
} from '../../src/key-management';
import { VendorSimulator, type Behaviour, type SimulatedVendor } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { eachCall } from '../support/each-call';

export type VendorName = 'openai' | 'anthropic' | 'google';

/** An app on simulated vendors. Its keys are let in first, and given their behaviours then. */
export class ManagedApp {
  readonly #outcomes: Outcome[] = [];

  private constructor(
    readonly simulator: VendorSimulator,
    readonly app: TestingModule,
    readonly keys: Readonly<Record<VendorName, string[]>>,
  ) {
    app.get(KeyPoolService).observe({
      callsOf: () =>
        eachCall({
          leaseSettled: (_record, outcome, _ms, source) => void (source === 'call' && this.#outcomes.push(outcome)),
        }),
    });
  }

  /** Of all calls so far. */
  get outcomes(): readonly Outcome[] {
    this.app.get(KeyPoolService).flushCalls();
    return this.#outcomes;
  }

  static async start(count: number, options: KeyManagementModuleOptions = {}): Promise<ManagedApp> {
    const simulator = await VendorSimulator.start();
    const keys = {
      openai: simulator.openai.newKeys(count),
      anthropic: simulator.anthropic.newKeys(count),
      google: simulator.google.newKeys(count),
    };
    const of = (name: VendorName) => ({ keys: keys[name], baseUrl: simulator[name].baseUrl });
    const app = await startKeyManagement({
      providers: { openai: of('openai'), anthropic: of('anthropic'), google: of('google') },
      healthCheckDepth: 'light',
      backoff: { initialMs: 1, maxMs: 2 },
      ...options,
    });
    for (const name of ['openai', 'anthropic', 'google'] as const) simulator[name].calls.reset();
    return new ManagedApp(simulator, app, keys);
  }

  /** Gives the vendor's keys their behaviours, in the order in which calls will take them. */
  behave(name: VendorName, ...behaviours: readonly Behaviour[]): void {
    const pool = this.app.get(KeyPoolService).pool(name)!;
    behaviours.forEach((behaviour, n) => {
      const key = this.keys[name][n]!;
      this.simulator[name].key(key, behaviour);
      pool.record(keyIdOf(key))!.turn = n / 1_000;
    });
  }

  fetch(name: VendorName, options?: ManagedFetchOptions): typeof globalThis.fetch {
    return this.app.get(ManagedFetchService).for(name, options);
  }

  vendor(name: VendorName): SimulatedVendor {
    return this.simulator[name];
  }

  snapshots(name: VendorName): KeySnapshot[] {
    return this.app.get(KeyPoolService).list(name);
  }

  get executor(): RetryExecutorService {
    return this.app.get(RetryExecutorService);
  }

  get inFlight(): number {
    return this.app
      .get(KeyPoolService)
      .list()
      .reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /** Resolves when no lease is out and no call under way. */
  async idle(): Promise<void> {
    for (let turn = 0; turn < 20_000 && (this.inFlight > 0 || this.executor.inFlight > 0); turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const left = { leases: this.inFlight, calls: this.executor.inFlight };
    // A test that fails here must not keep Jest from ending.
    if (left.leases + left.calls > 0) await this.close();
    expect(left).toEqual({ leases: 0, calls: 0 });
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.simulator.close();
  }
}

/** A plain request to each vendor. */
export const request = {
  openai: (app: ManagedApp, more: object = {}): [string, RequestInit] => [
    `${app.simulator.openai.baseUrl}/v1/chat/completions`,
    post({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], ...more }),
  ],
  anthropic: (app: ManagedApp, more: object = {}): [string, RequestInit] => [
    `${app.simulator.anthropic.baseUrl}/v1/messages`,
    post(
      { model: 'claude-haiku-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'Hi' }], ...more },
      { 'anthropic-version': '2023-06-01' },
    ),
  ],
  google: (app: ManagedApp, { stream = false } = {}): [string, RequestInit] => [
    `${app.simulator.google.baseUrl}/v1beta/models/gemini-2.5-flash:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    post({ contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }),
  ],
};

const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', authorization: 'Bearer managed', 'x-api-key': 'managed', ...headers },
});

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected a failure');
}
