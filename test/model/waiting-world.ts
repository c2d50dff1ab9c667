import type { Classification } from '../../src/key-management/classification/classification';
import type { Outcome } from '../../src/key-management/classification/outcome';
import { RetryExecutorService } from '../../src/key-management/execution/retry-executor.service';
import type { CallContext, ExecuteOptions } from '../../src/key-management/execution/execution.types';
import type { WaitQueue } from '../../src/key-management/execution/wait-queue';
import { PoolLease } from '../../src/key-management/pool/key-lease';
import { seededRandom } from '../support/fake-clock';
import { PoolModel, type ModelLease } from './pool-model';
import { PoolWorld, PROVIDER } from './pool-world';
import type { Sentence } from './sentences';
import { callEnded, type Said } from './verdicts';

/** Someone who waits in the queue, or a call of the executor. */
export interface Waiting {
  readonly order: number;
  readonly model: string | undefined;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly controller: AbortController;
  end: string | undefined;
}

/** What the vendor of these tests throws: its outcome, for its checker to read. */
class Refusal extends Error {
  readonly status = 418;
  readonly error: { readonly code: string };
  constructor(said: Said) {
    super('refused');
    this.error = { code: JSON.stringify(said) };
  }
}

/** A request that is at the vendor. */
export class Request {
  said: Said | undefined;

  constructor(
    readonly lease: ModelLease,
    private readonly signal: AbortSignal,
    private readonly resolve: (answer: string) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  /** Answered by the vendor, or given up by its caller. */
  get hasEnded(): boolean {
    return this.said !== undefined || this.signal.aborted;
  }

  answer(said: Said): void {
    this.said = said;
    if (said.outcome === 'ok') this.resolve('answer');
    else this.reject(new Refusal(said));
  }
}

/** A pool as plain values, and who waits for a key of it. */
export class WaitingModel extends PoolModel {
  readonly waiters: Waiting[] = [];
  readonly calls: Waiting[] = [];
  /** Requests that are at the vendor. */
  readonly requests: Request[] = [];

  expect(list: Waiting[], model: string | undefined, startedAt: number, ms: number): Waiting {
    const [order, endsAt, controller] = [list.length, startedAt + ms, new AbortController()];
    const waiting = { order, model, startedAt, endsAt, controller, end: undefined };
    list.push(waiting);
    return waiting;
  }
}

const CHECKER = {
  classifyError: ({ codes }: { codes: readonly string[] }) => JSON.parse(codes[0] ?? '{}') as Classification,
  pacing: undefined,
};

/** The real pool with the real executor and its queue, and a vendor that answers when it is told to. */
export class WaitingWorld extends PoolWorld {
  readonly executor: RetryExecutorService;
  readonly queue: WaitQueue;

  constructor(
    sentences: readonly Sentence[],
    readonly model: WaitingModel,
  ) {
    super(sentences);
    const registry = { has: () => true, get: () => CHECKER, providers: () => [PROVIDER] };
    this.executor = new RetryExecutorService(
      this.pools,
      registry as never,
      { current: { maxRetries: 2 } } as never,
      { backoff: { initialMs: 500, maxMs: 8_000 }, drainTimeoutMs: 0 } as never,
      this.clock,
      seededRandom(2),
    );
    this.queue = this.executor.line(PROVIDER)!.queue;
    // The executor settles its own calls: the model hears of it in the same moment.
    const settle = this.pool.settleLease.bind(this.pool);
    this.pool.settleLease = (lease, settlement, now) => {
      settle(lease, settlement, now);
      if (lease.source === 'call' && !this.isSettling)
        this.#managedEnded(lease.keyId, settlement.outcome, lease.startedAt, lease.model);
    };
  }

  #managedEnded(id: string, outcome: Outcome, startedAt: number, wanted: string | undefined): void {
    const { requests } = this.model;
    const alike = requests.filter(
      ({ lease }) => lease.startedAt === startedAt && lease.model === wanted && this.id(lease.key.n) === id,
    );
    // Of several begun at the same moment, the one that was answered, or given up.
    const request = alike.find(({ hasEnded }) => hasEnded);
    if (!request) return;
    requests.splice(requests.indexOf(request), 1);
    callEnded(this.model, request.lease, request.said ?? { outcome }, this.now);
  }

  wait(wanted: string | undefined, ms: number, tried: ReadonlySet<string>): void {
    const waiter = this.model.expect(this.model.waiters, wanted, this.now, ms);
    const { endsAt } = waiter;
    const { signal } = waiter.controller;
    void this.queue.wait({ model: wanted, tried, endsAt, signal }).then((got) => {
      if (got instanceof PoolLease) {
        this.look(({ served }) => served?.(this.model, this, waiter));
        this.took(this.model, got, wanted);
      }
      waiter.end = got instanceof PoolLease ? 'key' : got;
    });
  }

  call(options: ExecuteOptions): void {
    const call = this.model.expect(this.model.calls, options.model, this.now, options.timeoutMs ?? Infinity);
    const { signal } = call.controller;
    const vendor = (context: CallContext): Promise<string> => this.#arrived(context, options.model);
    void this.executor.execute(PROVIDER, vendor, { ...options, signal }).then((result) => {
      call.end = result.success ? 'ok' : result.error.code;
    });
  }

  #arrived({ keyId, signal }: CallContext, wanted: string | undefined): Promise<string> {
    const lease = this.handedOut(this.model, keyId, wanted, true);
    return new Promise((resolve, reject) => {
      if (lease) this.model.requests.push(new Request(lease, signal, resolve, reject));
    });
  }
}
