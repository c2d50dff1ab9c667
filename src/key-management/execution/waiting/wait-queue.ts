import { followAbort, unfollowAbort } from '../../common/abort-followers';
import type { Clock } from '../../common/clock';
import type { KeyPool } from '../../pool/key-pool';
import { leaseUntriedFirst, type AttemptContext, type CallTarget } from '../attempt-context';
import { WaitEstimate } from './wait-estimate';
import type { TimeLimit, TimeLimits } from './time-limits';

/**
 * Why a wait ended without a key. `hopeless`: none can come in time. `queue_full`, `queue_slow`: so many wait already that it did not begin.
 */
export type WaitRefusal = 'timed_out' | 'hopeless' | 'queue_full' | 'queue_slow' | 'cancelled' | 'closed';

export interface WaitRequest {
  readonly model: string | undefined;
  readonly endpoint?: string;
  /** Keys the call tried already: taken only where no other is eligible. */
  readonly tried: ReadonlySet<string>;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
  readonly signal: AbortSignal | undefined;
}

/** The line of those whose model got none of its own. */
const OTHERS = Symbol('others');
type LineName = string | undefined | typeof OTHERS;

/** Calls of one model for one endpoint stand in one line: what they wait for is the same. No model's name has a line break. */
const nameOf = ({ model, endpoint }: CallTarget): string | undefined =>
  endpoint === undefined ? model : `${model ?? ''}\n${endpoint}`;

interface Waiter extends WaitRequest {
  readonly ticket: number;
  readonly line: LineName;
  readonly done: (result: AttemptContext | WaitRefusal) => void;
}

/** More calls than this do not wait for one provider: they are refused at once. */
export const MOST_WAITING = 10_000;
/** Callers may make up names of models, and every line is looked at for each key that comes free. */
const MOST_LINES = 64;

/** The calls that wait for a key of one provider: first come, first served, woken as keys free up. No polling. */
export class WaitQueue {
  /**
   * By model and endpoint, each in order of arrival; a call whose keys all cool down does not hold up the others. Beyond so many of them
   * the rest stand in one line, and may hold up each other.
   */
  readonly #lines = new Map<LineName, Set<Waiter>>();
  readonly #pace = new WaitEstimate();
  #tickets = 0;
  #pumping = false;
  /** Keys came free since the lines were last gone through. */
  #freed = false;
  #reviewing = false;
  #closed = false;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly pool: KeyPool,
    private readonly clock: Clock,
    private readonly limits: TimeLimits,
  ) {}

  get length(): number {
    let length = 0;
    for (const line of this.#lines.values()) length += line.size;
    return length;
  }

  /** Calls for this model and endpoint are waiting already: a new one goes behind them. */
  isWaiting(target: CallTarget): boolean {
    return this.#lines.size > 0 && (this.#lines.has(nameOf(target)) || this.#lines.has(OTHERS));
  }

  wait(request: WaitRequest): Promise<AttemptContext | WaitRefusal> {
    if (this.#closed) return Promise.resolve('closed');
    if (request.signal?.aborted) return Promise.resolve('cancelled');
    const length = this.length;
    if (length >= MOST_WAITING) return Promise.resolve('queue_full');
    if (this.#pace.expectedAt(length + 1, this.clock.now()) > request.endsAt) return Promise.resolve('queue_slow');
    return new Promise((resolve) => {
      let limit: TimeLimit | undefined = undefined;
      const follower = {
        aborted: (): void => {
          waiter.done('cancelled');
        },
      };
      const waiter: Waiter = {
        ...request,
        ticket: this.#tickets++,
        line: this.#lineFor(request),
        done: (result) => {
          limit?.cancel();
          if (request.signal) unfollowAbort(request.signal, follower);
          this.#leave(waiter);
          resolve(result);
        },
      };
      limit = this.limits.at(request.endsAt, () => {
        waiter.done('timed_out');
      });
      if (request.signal) followAbort(request.signal, follower);
      this.#join(waiter);
      this.serve();
    });
  }

  /** Gives free keys to those who wait longest. */
  serve(): void {
    if (this.#lines.size === 0) return;
    this.#freed = true;
    if (this.#pumping) return;
    this.#pumping = true;
    // A key may come free for a line that was passed over already.
    while (this.#freed) this.#pump();
    this.#pumping = false;
    this.#arm();
  }

  #pump(): void {
    this.#freed = false;
    const stuck = new Set<LineName>();
    for (let waiter = this.#first(stuck); waiter; waiter = this.#first(stuck)) {
      const now = this.clock.now();
      const lease = leaseUntriedFirst(this.pool, waiter, waiter.tried, now);
      if (lease) {
        this.#pace.served(now);
        waiter.done(lease);
      } else stuck.add(waiter.line);
    }
  }

  /** Keys changed: an ejected one may come back for want of others, and those whose key can no longer come in time stop waiting. */
  review(): void {
    if (this.#reviewing || this.#lines.size === 0) return;
    this.#reviewing = true;
    // Once for all that changes in this tick: it may look at every key.
    queueMicrotask(() => {
      this.#reviewing = false;
      this.serve();
      for (const [name, line] of [...this.#lines]) {
        let soonest: number | undefined;
        for (const waiter of [...line]) {
          if (name === OTHERS || soonest === undefined) soonest = this.#soonest(waiter);
          if (waiter.endsAt < soonest) waiter.done('hopeless');
        }
      }
    });
  }

  /** When a key for the call can come at the soonest; 0 where one may come at any moment. */
  #soonest({ model, endpoint }: CallTarget): number {
    return this.pool.mayBeFreed(model, endpoint) ? 0 : (this.pool.nextWake(model, endpoint) ?? Infinity);
  }

  /** Ends all waits, for good. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    for (const line of [...this.#lines.values()]) for (const waiter of [...line]) waiter.done('closed');
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #first(stuck: ReadonlySet<LineName>): Waiter | undefined {
    let first: Waiter | undefined;
    for (const [name, line] of this.#lines) {
      if (stuck.has(name)) continue;
      for (const waiter of line) {
        if (!first || waiter.ticket < first.ticket) first = waiter;
        break;
      }
    }
    return first;
  }

  #lineFor(target: CallTarget): LineName {
    const name = nameOf(target);
    return this.#lines.has(name) || this.#lines.size < MOST_LINES ? name : OTHERS;
  }

  #join(waiter: Waiter): void {
    const line = this.#lines.get(waiter.line) ?? new Set();
    this.#lines.set(waiter.line, line.add(waiter));
  }

  #leave(waiter: Waiter): void {
    const line = this.#lines.get(waiter.line);
    if (line?.delete(waiter) && line.size === 0) this.#lines.delete(waiter.line);
    if (this.#lines.size === 0) this.#pace.idle();
    // Who held up those behind it, whose models' keys may be free, is gone.
    else if (waiter.line === OTHERS && !this.#closed) this.serve();
  }

  /** Wakes the pool when the next cooldown ends that someone waits for. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let next = Infinity;
    for (const [first] of this.#lines.values())
      next = Math.min(next, this.pool.nextWake(first?.model, first?.endpoint) ?? Infinity);
    if (next === Infinity) return;
    this.#cancelTimer = this.clock.after(Math.max(0, next - this.clock.now()), () => {
      this.serve();
    });
  }
}
