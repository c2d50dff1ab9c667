import { followAbort, unfollowAbort } from '../../common/abort-followers';
import type { Clock } from '../../common/clock';
import { getOrCreate } from '../../common/get-or-create';
import type { KeyPool } from '../../pool/key-pool';
import { leaseUntriedFirst, type AttemptContext, type CallTarget } from '../attempt-context';
import type { TimeLimits } from './time-limits';

/**
 * Why a wait ended without a key. `hopeless`: none can come in time. `queue_full`, `queue_slow`: too many calls wait already, so that the wait
 * did not begin.
 */
export type WaitRefusal = 'timed_out' | 'hopeless' | 'queue_full' | 'queue_slow' | 'cancelled' | 'closed';

/** What a call waits for, and how long. */
export interface WaitRequest {
  readonly model: string | undefined;
  readonly endpoint?: string;
  /** Keys that the call tried already: they are taken only where no other key is eligible. */
  readonly tried: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  readonly signal: AbortSignal | undefined;
}

/** The queue of the calls whose model got no queue of its own. */
const OVERFLOW_QUEUE = Symbol('overflow');
type QueueName = string | undefined | typeof OVERFLOW_QUEUE;

/** Calls of one model for one endpoint are in one queue, since they wait for the same keys. No model's name has a line break. */
const nameOf = ({ model, endpoint }: CallTarget): string | undefined =>
  endpoint === undefined ? model : `${model ?? ''}\n${endpoint}`;

interface Waiter extends WaitRequest {
  /** The order of arrival. */
  readonly ticket: number;
  readonly queue: QueueName;
  readonly end: (result: AttemptContext | WaitRefusal) => void;
}

/** More calls than this do not wait for one provider: they are refused at once. */
export const MAX_WAITING = 10_000;
/** Callers may make up names of models, and every queue is looked at for each key that comes free. */
const MAX_QUEUES = 64;

/**
 * The calls that wait for a key of one provider: first come, first served within a model and endpoint, and woken as keys come free, without
 * polling. A call whose keys all cool down does not hold up those for other models.
 */
export class WaitQueue {
  /** By model and endpoint, each in order of arrival. Beyond 64 of them calls share the overflow queue, where they may hold up each other. */
  readonly #queuesByModel = new Map<QueueName, Set<Waiter>>();
  readonly #estimate = new WaitEstimate();
  #tickets = 0;
  #isServing = false;
  /** Keys came free since the queues were last gone through. */
  #hasFreedKeys = false;
  #isReviewDue = false;
  #isClosed = false;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly pool: KeyPool,
    private readonly clock: Clock,
    private readonly limits: TimeLimits,
  ) {}

  /** How many calls wait. */
  get length(): number {
    let length = 0;
    for (const queue of this.#queuesByModel.values()) length += queue.size;
    return length;
  }

  /** Whether calls for this model and endpoint wait already: a new call goes behind them. */
  isWaiting(target: CallTarget): boolean {
    const queues = this.#queuesByModel;
    return queues.size > 0 && (queues.has(nameOf(target)) || queues.has(OVERFLOW_QUEUE));
  }

  /** Waits for a key: resolves with its lease, or with why there is none. */
  wait(request: WaitRequest): Promise<AttemptContext | WaitRefusal> {
    const { signal, endsAt } = request;
    if (this.#isClosed) return Promise.resolve('closed');
    if (signal?.aborted) return Promise.resolve('cancelled');
    const length = this.length;
    if (length >= MAX_WAITING) return Promise.resolve('queue_full');
    if (this.#estimate.expectedAt(length + 1, this.clock.now()) > endsAt) return Promise.resolve('queue_slow');
    return new Promise((resolve) => {
      const waiter: Waiter = {
        ...request,
        ticket: this.#tickets++,
        queue: this.#queueFor(request),
        end: (result) => {
          limit.cancel();
          unfollowAbort(signal, follower);
          this.#leave(waiter);
          resolve(result);
        },
      };
      const follower = { aborted: () => waiter.end('cancelled') };
      const limit = this.limits.at(endsAt, () => waiter.end('timed_out'));
      followAbort(signal, follower);
      this.#join(waiter);
      this.serve();
    });
  }

  /** Gives free keys to the calls that wait longest. */
  serve(): void {
    if (this.#queuesByModel.size === 0) return;
    this.#hasFreedKeys = true;
    if (this.#isServing) return;
    this.#isServing = true;
    // A key may come free for a queue that was passed over already.
    while (this.#hasFreedKeys) this.#serveOnce();
    this.#isServing = false;
    this.#arm();
  }

  #serveOnce(): void {
    this.#hasFreedKeys = false;
    const blocked = new Set<QueueName>();
    for (let waiter = this.#first(blocked); waiter; waiter = this.#first(blocked)) {
      const now = this.clock.now();
      const lease = leaseUntriedFirst(this.pool, waiter, now);
      if (lease) {
        this.#estimate.served(now);
        waiter.end(lease);
      } else blocked.add(waiter.queue);
    }
  }

  /** Keys changed: an ejected key may come back for want of others, and calls whose key can no longer come in time stop waiting. */
  review(): void {
    if (this.#isReviewDue || this.#queuesByModel.size === 0) return;
    this.#isReviewDue = true;
    // Once for all that changes in this tick: it may look at every key.
    queueMicrotask(() => {
      this.#isReviewDue = false;
      this.serve();
      for (const [name, queue] of [...this.#queuesByModel]) {
        let nextKeyAt: number | undefined;
        for (const waiter of [...queue]) {
          if (name === OVERFLOW_QUEUE || nextKeyAt === undefined) nextKeyAt = this.#nextKeyAt(waiter);
          if (waiter.endsAt < nextKeyAt) waiter.end('hopeless');
        }
      }
    });
  }

  /** When a key for the call can come at the earliest; 0 where one may come at any moment. Milliseconds since the epoch. */
  #nextKeyAt({ model, endpoint }: CallTarget): number {
    return this.pool.mayBeFreed(model, endpoint) ? 0 : (this.pool.nextWake(model, endpoint) ?? Infinity);
  }

  /** Ends all waits, for good. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const queue of [...this.#queuesByModel.values()]) for (const waiter of [...queue]) waiter.end('closed');
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** The call that waits longest in any queue that is not blocked. */
  #first(blocked: ReadonlySet<QueueName>): Waiter | undefined {
    let first: Waiter | undefined;
    for (const [name, queue] of this.#queuesByModel) {
      if (blocked.has(name)) continue;
      const [waiter] = queue;
      if (waiter && (!first || waiter.ticket < first.ticket)) first = waiter;
    }
    return first;
  }

  #queueFor(target: CallTarget): QueueName {
    const name = nameOf(target);
    return this.#queuesByModel.has(name) || this.#queuesByModel.size < MAX_QUEUES ? name : OVERFLOW_QUEUE;
  }

  #join(waiter: Waiter): void {
    getOrCreate(this.#queuesByModel, waiter.queue, () => new Set()).add(waiter);
  }

  #leave(waiter: Waiter): void {
    const queue = this.#queuesByModel.get(waiter.queue);
    if (queue?.delete(waiter) && queue.size === 0) this.#queuesByModel.delete(waiter.queue);
    if (this.#queuesByModel.size === 0) this.#estimate.idle();
    // The call that held up those behind it, whose models' keys may be free, is gone.
    else if (waiter.queue === OVERFLOW_QUEUE && !this.#isClosed) this.serve();
  }

  /** Sets the timer to the next end of a cooldown that somebody waits for. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let next = Infinity;
    for (const [first] of this.#queuesByModel.values())
      next = Math.min(next, this.pool.nextWake(first?.model, first?.endpoint) ?? Infinity);
    if (next === Infinity) return;
    this.#cancelTimer = this.clock.after(Math.max(0, next - this.clock.now()), () => this.serve());
  }
}

/** This many waits must have ended with a key before the next waits are predicted. */
const MIN_SERVED = 20;
/** The weight of the latest interval in the exponentially weighted moving average. */
const SMOOTHING = 0.05;

/** Estimates how fast a queue moves while there is one, so that a call that would wait too long is refused at once. */
export class WaitEstimate {
  #intervalMs = 0;
  #served = 0;
  #lastAt = -1;

  /** A wait ended with a key. */
  served(now: number): void {
    if (this.#lastAt >= 0) {
      this.#served += 1;
      // The mean of the first few, then a moving average.
      this.#intervalMs += (now - this.#lastAt - this.#intervalMs) * Math.max(SMOOTHING, 1 / this.#served);
    }
    this.#lastAt = now;
  }

  /** Nobody waits any more: what comes next is another queue. */
  idle(): void {
    this.#lastAt = -1;
    this.#served = 0;
    this.#intervalMs = 0;
  }

  /** When the call at this place of the queue may expect a key; 0 where nothing is known. Milliseconds since the epoch. */
  expectedAt(place: number, now: number): number {
    return this.#served < MIN_SERVED ? 0 : now + place * this.#intervalMs;
  }
}
