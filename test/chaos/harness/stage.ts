import type { INestApplicationContext, LoggerService } from '@nestjs/common';

import { KeyPoolService, type KeyManagementModuleOptions } from '../../../src/key-management';
import { VendorSimulator } from '../../simulator';
import { startKeyManagement } from '../../support/key-management-app';
import { Calls, type CallTerms } from './calls';

/** What a scenario runs on: a simulated vendor, apps, and whatever else it opens. `strike` closes all of it at the end. */
export class Stage {
  readonly logs: string[] = [];
  readonly apps: StagedApp[] = [];
  readonly #closing: (() => unknown)[] = [];
  #simulator: VendorSimulator | undefined;

  constructor(readonly isShort: boolean) {}

  /** Whether this is the long form, which does more of the same. */
  scaled(short: number, long = short * 5): number {
    return this.isShort ? short : long;
  }

  /** Runs at the end of the scenario, in reverse order. */
  onEnd(close: () => unknown): void {
    this.#closing.push(close);
  }

  async simulator(): Promise<VendorSimulator> {
    if (this.#simulator) return this.#simulator;
    const simulator = (this.#simulator = await VendorSimulator.start({ logLimit: 50_000 }));
    this.onEnd(() => simulator.close());
    return simulator;
  }

  /** An app with the real module, its health checks running, and calls to its OpenAI keys, which are proven already. */
  async app(keys: readonly string[], options: KeyManagementModuleOptions & { at?: string } = {}): Promise<StagedApp> {
    const simulator = await this.simulator();
    const { at, ...module } = options;
    const baseUrl = at ?? simulator.openai.baseUrl;
    const app = await startKeyManagement(
      { providers: { openai: { keys: [...keys], baseUrl } }, backoff: { initialMs: 20, maxMs: 200 }, ...module },
      { schedule: true, logger: this.#logger },
    );
    const staged = new StagedApp(app, baseUrl);
    this.apps.push(staged);
    this.onEnd(() => staged.close());
    simulator.openai.calls.reset();
    return staged;
  }

  /** Closes everything. Rejects with the first error after trying all. */
  async strike(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closing.pop(); close; close = this.#closing.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  readonly #logger: LoggerService = {
    log: (message: unknown) => void this.logs.push(String(message)),
    warn: (message: unknown) => void this.logs.push(`warn ${String(message)}`),
    error: (message: unknown) => void this.logs.push(`error ${String(message)}`),
  };
}

export class StagedApp {
  #closed: Promise<number> | undefined;

  constructor(
    readonly app: INestApplicationContext,
    readonly baseUrl: string,
  ) {}

  calls(terms: CallTerms): Calls {
    return new Calls(this.app, this.baseUrl, terms);
  }

  get pool(): KeyPoolService {
    return this.app.get(KeyPoolService);
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Closes the app, and resolves with the milliseconds that it took. */
  close(): Promise<number> {
    this.#closed ??= (async () => {
      const startedAt = performance.now();
      await this.app.close();
      return performance.now() - startedAt;
    })();
    return this.#closed;
  }
}
