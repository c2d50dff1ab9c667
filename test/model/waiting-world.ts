import { unkeptObjects } from '../support/unkept-objects';
import type { Classification } from '../../src/key-management/classification/classification';
import type { Outcome } from '../../src/key-management/vendors/contract/outcome';
import { AttemptContext } from '../../src/key-management/execution/attempt-context';
import { RetryExecutorService } from '../../src/key-management/execution/retry-executor.service';
import type { CallContext, ExecuteOptions } from '../../src/key-management/execution/execution.types';
import type { WaitQueue } from '../../src/key-management/execution/waiting/wait-queue';
import { PoolLease } from '../../src/key-management/pool/key-lease';
import { seededRandom } from '../support/fake-clock';
import { openai } from '../../src/key-management/vendors/openai/openai';
import { vendorOf } from '../../src/key-management/vendors/vendor-of';
import { PoolModel, type ModelKey, type ModelLease } from './pool-model';
import { PoolWorld, PROVIDER } from './pool-world';
import type { Sentence } from './sentences';
import { contactAllows, CONTACT_DOUBLING, LONG_PAUSE, MAY_BE_SHARED } from './rules';
import { callEnded, refusalConfirmed, type Said } from './settlements';

/** Someone who waits in the queue, or a call of the executor. */
export interface Waiting {
  readonly order: number;
  readonly model: string | undefined;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly controller: AbortController;
  /** Refusals of a call's keys of which it is not known yet whether another key shares them. */
  readonly withheld: Request[];
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
    readonly context: AttemptContext,
    readonly call: Waiting,
    private readonly resolve: (answer: string) => void,
    private readonly reject: (error: Error) => void,
  ) {}

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
  /** Refusals that were held against a key although another key shared them, or twice. */
  confirmedInVain = 0;
  /** Accounts, each a group or a key alone: when a call used one last, and when it was met, moved back with every good answer. */
  readonly #contacts = new Map<ModelKey | string, { usedAt: number; since: number }>();

  override leased(key: ModelKey, model: string | undefined, startedAt: number, isManaged = false): ModelLease {
    const account = key.group ?? key;
    const { usedAt, since } = this.#contacts.get(account) ?? { usedAt: -Infinity, since: -Infinity };
    this.#contacts.set(account, {
      usedAt: startedAt,
      since: startedAt - usedAt > LONG_PAUSE ? startedAt : since,
    });
    return super.leased(key, model, startedAt, isManaged);
  }

  override settled(lease: ModelLease, outcome: Outcome, now: number, isWithheld = false): void {
    super.settled(lease, outcome, now, isWithheld);
    const contact = this.#contacts.get(lease.key.group ?? lease.key);
    if (contact && outcome === 'ok' && !lease.key.isDeleted) contact.since -= CONTACT_DOUBLING;
  }

  override delete(n: number): void {
    const { group } = this.keys.get(n)!;
    super.delete(n);
    // A group is forgotten with its last key.
    if (group !== undefined && ![...this.keys.values()].some((other) => other.group === group))
      this.#contacts.delete(group);
  }

  /** Whether an account that is being met gets one call more. Those that were refused for their rate are not asked for. */
  mayMeet(key: ModelKey, now: number): boolean {
    const { since } = this.#contacts.get(key.group ?? key) ?? { since: -Infinity };
    const members = key.group === undefined ? [key] : [key, ...this.siblings(key)];
    const inFlight = members.reduce((sum, member) => sum + member.inFlight, 0);
    return inFlight < contactAllows(now - since);
  }

  expect(list: Waiting[], model: string | undefined, startedAt: number, ms: number): Waiting {
    const [order, endsAt, controller] = [list.length, startedAt + ms, new AbortController()];
    const waiting = { order, model, startedAt, endsAt, controller, withheld: [], end: undefined };
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
  /** Leases of those who can wait, which the pool has made and the model does not know yet. */
  readonly #unknown: AttemptContext[] = [];
  /** Those that the model knows, and whose takers have not heard of them yet. */
  readonly #made = new Map<PoolLease, ModelLease>();

  constructor(
    sentences: readonly Sentence[],
    readonly model: WaitingModel,
  ) {
    super(sentences);
    const vendor = vendorOf(openai);
    const registry = { has: () => true, get: () => CHECKER, vendor: () => vendor, providers: () => [PROVIDER] };
    this.executor = new RetryExecutorService(
      this.pools,
      registry as never,
      { current: { maxRetries: 2 } } as never,
      { backoff: { initialMs: 500, maxMs: 8_000 }, drainTimeoutMs: 0, providers: new Map(), prices: {} } as never,
      this.clock,
      seededRandom(2),
      unkeptObjects(this.clock),
    );
    this.queue = this.executor.providerContext(PROVIDER)!.queue;
    const made = this.pool.leaseMade.bind(this.pool);
    this.pool.leaseMade = (lease) => {
      if (lease instanceof AttemptContext) this.#unknown.push(lease);
      made(lease);
    };
    // The executor settles its own calls: the model hears of it in the same moment.
    const settle = this.pool.settleLease.bind(this.pool);
    this.pool.settleLease = (lease, settlement, now) => {
      this.#noteMade();
      settle(lease, settlement, now);
      if (lease.source === 'call' && !this.isSettling) this.#managedEnded(lease, settlement.outcome);
    };
    const confirm = this.pool.refusalConfirmed.bind(this.pool);
    this.pool.refusalConfirmed = (lease, settlement, now) => {
      this.#noteMade();
      confirm(lease, settlement, now);
      this.#confirmed(lease);
    };
  }

  /**
   * Tells the model of the leases that were made so far. What makes one, such as the end of a call, the model has to know before; and it has
   * to know of the lease before what comes next, which the taker may hear of only later.
   */
  #noteMade(): void {
    for (const lease of this.#unknown.splice(0)) {
      // A call that names no model may have learned it from a refusal.
      const known = this.handedOut(this.model, lease.keyId, lease.model, true);
      if (known) this.#made.set(lease, known);
    }
  }

  /** What the model knows of a lease that has reached its taker. */
  #takenOver(context: PoolLease): ModelLease | undefined {
    this.#noteMade();
    const lease = this.#made.get(context);
    this.#made.delete(context);
    return lease;
  }

  #managedEnded(context: PoolLease, outcome: Outcome): void {
    const { requests } = this.model;
    const request = requests.find((each) => each.context === context);
    if (!request) {
      // Its call ended before the vendor was asked.
      const made = this.#takenOver(context);
      if (made) callEnded(this.model, made, { outcome }, this.now);
      return;
    }
    requests.splice(requests.indexOf(request), 1);
    const { lease, call } = request;
    const said = (request.said ??= { outcome });
    if (!MAY_BE_SHARED.has(said.outcome)) {
      callEnded(this.model, lease, said, this.now);
      return;
    }
    this.model.settled(lease, said.outcome, this.now, true);
    const same = call.withheld.findIndex(
      (other) => other.said?.outcome === said.outcome && other.lease.key !== lease.key,
    );
    if (same < 0) call.withheld.push(request);
    else call.withheld.splice(same, 1);
  }

  #confirmed(context: PoolLease): void {
    for (const { withheld } of this.model.calls) {
      const at = withheld.findIndex((each) => each.context === context);
      if (at < 0) continue;
      const [{ lease, said }] = withheld.splice(at, 1) as [Request];
      refusalConfirmed(this.model, lease, said!, this.now);
      return;
    }
    this.model.confirmedInVain += 1;
  }

  wait(wanted: string | undefined, ms: number, tried: ReadonlySet<string>): void {
    const waiter = this.model.expect(this.model.waiters, wanted, this.now, ms);
    const { endsAt } = waiter;
    const { signal } = waiter.controller;
    void this.queue.wait({ model: wanted, tried, endsAt, signal }).then((got) => {
      if (got instanceof PoolLease) {
        this.look(({ served }) => served?.(this.model, this, waiter, this.number(got.keyId)));
        const lease = this.#takenOver(got);
        if (lease) {
          lease.isManaged = false;
          this.open.set(lease, got);
        }
      }
      waiter.end = got instanceof PoolLease ? 'key' : got;
    });
  }

  call(options: ExecuteOptions): void {
    const call = this.model.expect(this.model.calls, options.model, this.now, options.timeoutMs ?? Infinity);
    const { signal } = call.controller;
    const vendor = (context: CallContext): Promise<string> => this.#arrived(context as AttemptContext, call);
    void this.executor.execute(PROVIDER, vendor, { ...options, signal }).then((result) => {
      call.end = result.success ? 'ok' : result.error.code;
    });
  }

  #arrived(context: AttemptContext, call: Waiting): Promise<string> {
    const lease = this.#takenOver(context);
    return new Promise((resolve, reject) => {
      if (lease) this.model.requests.push(new Request(lease, context, call, resolve, reject));
    });
  }
}
