import type { INestApplicationContext } from '@nestjs/common';
import {
  type CallContext,
  KeyManagerService,
  type KeyPoolService,
  KeyStoreHealthIndicator,
  RetryExecutorService,
  type SettledOutcome,
} from '../../src/key-management';
import { CheckLeadership } from '../../src/key-management/health/check-leadership';
import { PersistenceService } from '../../src/key-management/store/persistence.service';

/** What an instance can be asked to do. */
export type InstanceCommand =
  | { do: 'keys' }
  | { do: 'store' }
  | { do: 'settle'; times: number; outcome?: SettledOutcome }
  | { do: 'fail'; keyIds: string[] }
  | { do: 'removals' }
  | { do: 'change'; what: 'disable' | 'enable' | 'remove'; keyIds: string[] }
  | { do: 'add'; keys: string[] }
  | { do: 'execute'; times: number; url: string; maxWaitMs?: number }
  | { do: 'busy'; forMs: number; holdMs: number; maxWaitMs: number }
  | { do: 'load'; url: string }
  | { do: 'spend'; url: string; atOnce: number; model: string; tokens: { input: number; output: number } }
  | { do: 'endLoad' }
  | { do: 'lead' };

export interface CallCounts {
  good: number;
  failed: number;
  errors: string[];
}

const PROVIDER = 'openai';
/** One clock for all processes of a machine; milliseconds. */
const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class InstanceCommands {
  /** When each key left the pool here. */
  readonly #removals = new Map<string, number>();
  #load: { on: boolean; ended: Promise<CallCounts> } | undefined;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly pools: KeyPoolService,
  ) {
    pools.events$.subscribe(({ type, keyId }) => {
      if (type === 'status_changed' || type === 'key_deleted') this.#removals.set(keyId, machineMs());
    });
  }

  async run(given: object): Promise<unknown> {
    const command = given as InstanceCommand;
    switch (command.do) {
      case 'keys':
        return this.pools.list();
      case 'store':
        return this.#store();
      case 'settle':
        return this.#settle(command.times, command.outcome ?? 'ok');
      case 'fail':
        return this.#fail(command.keyIds);
      case 'removals':
        return Object.fromEntries(this.#removals);
      case 'change':
        return this.#change(command.what, command.keyIds);
      case 'add':
        return this.app.get(KeyManagerService).addNewKeys(PROVIDER, command.keys);
      case 'execute':
        return this.#calls(command.times, command.url, command.maxWaitMs);
      case 'load':
        return this.#beginLoad(command.url);
      case 'busy':
        return this.#busy(command);
      case 'spend':
        return this.#spend(command);
      case 'lead':
        return this.app.get(CheckLeadership).held();
      case 'endLoad':
        this.#load!.on = false;
        return this.#load!.ended;
    }
  }

  #store(): object {
    const { link } = this.app.get(PersistenceService);
    const health = this.app.get(KeyStoreHealthIndicator).check('store');
    return { up: link.up, backlog: link.backlog, health };
  }

  async #settle(times: number, outcome: SettledOutcome): Promise<number> {
    let settled = 0;
    while (settled < times) {
      const lease = this.pools.lease(PROVIDER);
      if (lease) {
        lease.settle(outcome);
        settled += 1;
      }
      if (!lease || settled % 50 === 0) await turn();
    }
    return settled;
  }

  /** Each key proves invalid, one after the other, with a pause for the others to hear of it. */
  async #fail(keyIds: readonly string[]): Promise<Record<string, number>> {
    const failedAt: Record<string, number> = {};
    for (const keyId of keyIds) {
      const pool = this.pools.pool(PROVIDER)!;
      failedAt[keyId] = machineMs();
      pool.leaseForProbe(pool.record(keyId)!).settle('invalid_key');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return failedAt;
  }

  /** One line per key whose change is durable, so that the parent knows of it even if this process dies now. */
  async #change(what: 'disable' | 'enable' | 'remove', keyIds: readonly string[]): Promise<void> {
    for (const keyId of keyIds) {
      await this.pools[what](PROVIDER, keyId);
      process.stdout.write(`${JSON.stringify({ durable: keyId, what })}\n`);
    }
  }

  /** Calls one after the other for so long, which only hold their key. Answers when each began, by the clock of all processes. */
  async #busy(given: {
    forMs: number;
    holdMs: number;
    maxWaitMs: number;
  }): Promise<{ at: number[]; errors: string[] }> {
    const executor = this.app.get(RetryExecutorService);
    const [at, errors]: [number[], string[]] = [[], []];
    const endsAt = machineMs() + given.forMs;
    while (machineMs() < endsAt) {
      const call = async () => {
        at.push(machineMs());
        await new Promise((resolve) => setTimeout(resolve, given.holdMs));
      };
      const result = await executor.execute(PROVIDER, call, { maxWaitMs: given.maxWaitMs });
      if (!result.success) errors.push(`${result.error.code}: ${result.errorMessage}`);
    }
    return { at, errors };
  }

  /** So many calls in flight, until the budget is spent. Each answer's usage says what it cost. */
  async #spend(given: Extract<InstanceCommand, { do: 'spend' }>): Promise<CallCounts> {
    const executor = this.app.get(RetryExecutorService);
    const counts: CallCounts = { good: 0, failed: 0, errors: [] };
    const { url, model, tokens: estimatedTokens } = given;
    const work = async (): Promise<void> => {
      for (;;) {
        const call = async ({ apiKey, signal }: CallContext) => chat(url, apiKey, signal);
        const result = await executor.execute(PROVIDER, call, { model, estimatedTokens, maxWaitMs: 60_000 });
        if (result.success) counts.good += 1;
        else {
          counts.failed += 1;
          counts.errors.push(result.errorMessage);
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: given.atOnce }, work));
    return { ...counts, errors: [...new Set(counts.errors)] };
  }

  #beginLoad(url: string): void {
    const load = { on: true, ended: Promise.resolve({ good: 0, failed: 0, errors: [] as string[] }) };
    load.ended = (async () => {
      const sum: CallCounts = { good: 0, failed: 0, errors: [] };
      while (load.on) {
        const { good, failed, errors } = await this.#calls(4, url, 10_000);
        sum.good += good;
        sum.failed += failed;
        sum.errors.push(...errors);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return sum;
    })();
    this.#load = load;
  }

  async #calls(times: number, url: string, maxWaitMs?: number): Promise<CallCounts> {
    const executor = this.app.get(RetryExecutorService);
    const results = await Promise.all(
      Array.from({ length: times }, () =>
        executor.execute(PROVIDER, async ({ apiKey, signal }) => chat(url, apiKey, signal), { maxWaitMs }),
      ),
    );
    const errors = results.flatMap((result) => (result.success ? [] : [result.errorMessage]));
    return { good: times - errors.length, failed: errors.length, errors };
  }
}

async function chat(url: string, apiKey: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    signal,
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  const body: unknown = await response.json();
  if (!response.ok) throw Object.assign(new Error('refused'), { status: response.status, error: body });
  return body;
}
