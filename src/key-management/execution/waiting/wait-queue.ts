import type { Clock } from '../../common/clock';
import { getOrCreate } from '../../common/get-or-create';
import type { KeyPool } from '../../pool/key-pool';
import { leaseUntriedFirst, type AttemptContext, type CallTarget } from '../attempt-context';
import { Courtesy } from './courtesy';
import type { TimeLimits } from './time-limits';
import { WaitEstimate } from './wait-estimate';
import { Waiter, type LineName, type WaitRefusal, type WaitRequest } from './waiter';
import { WaitingLine, type WaitingGroup } from './waiting-line';

/** The line of the calls whose model got no line of its own. */
const OVERFLOW_LINE = Symbol('overflow');

/** Calls of one model for one endpoint are in one line, since they wait for the same keys. No model's name has a line break. */
const nameOf = ({ model, endpoint }: CallTarget): string | undefined =>
  endpoint === undefined ? model : `${model ?? ''}\n${endpoint}`;

/** More calls than this do not wait for one provider: they are refused at once. */
export const MAX_WAITING = 10_000;
/** Callers may make up names of models, and every line is looked at for each key that comes free. */
const MAX_LINES = 64;
/** A key that should be free by now, but is not, is looked at again after this. Milliseconds. */
const LEAST_PAUSE_MS = 10;
/** A key is free that the call could not take: it is looked at again after this, in case nobody tells that it can be had by now. Milliseconds. */
const FREE_PAUSE_MS = 100;

/**
 * The calls that wait for a key of one provider, woken as keys come free, without polling. First come, first served within a model, an endpoint
 * and a size; a call whose keys all cool down does not hold up those for other models, and one that does not fit yet is passed by smaller
 * ones a bounded number of times. Batch calls take what interactive ones leave, until they have waited long enough.
 */
export class WaitQueue {
  /** By model and endpoint. Beyond 64 of them calls share the overflow line, where they may hold up each other. */
  readonly #lines = new Map<LineName, WaitingLine>();
  readonly #estimate = new WaitEstimate();
  readonly courtesy: Courtesy;
  #tickets = 0;
  #length = 0;
  #isServing = false;
  /** Keys came free since the lines were last gone through. */
  #hasFreedKeys = false;
  #isReviewDue = false;
  #isClosed = false;
  #cancelTimer: (() => void) | undefined;

  constructor(
    private readonly pool: KeyPool,
    private readonly clock: Clock,
    private readonly limits: TimeLimits,
  ) {
    this.courtesy = new Courtesy(pool);
    pool.accounts.parts.waiting = () => this.#length;
  }

  /** How many calls wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether calls wait already behind which a new call for this model and endpoint must go. On the hot path. */
  isWaiting(target: CallTarget, isBatch = false): boolean {
    if (this.#length === 0) return false;
    const account = this.#accountFor(target);
    return this.#holdsUp(nameOf(target), isBatch, account) || this.#holdsUp(OVERFLOW_LINE, isBatch, account);
  }

  /** Waits for a key: resolves with its lease, or with why there is none. */
  wait(request: WaitRequest): Promise<AttemptContext | WaitRefusal> {
    const { signal, endsAt, agesAt } = request;
    if (this.#isClosed) return Promise.resolve('closed');
    if (signal?.aborted) return Promise.resolve('cancelled');
    if (this.#length >= MAX_WAITING) return Promise.resolve('queue_full');
    const since = this.clock.now();
    if (this.#estimate.expectedAt(this.#before(agesAt !== undefined) + 1, since) > endsAt)
      return Promise.resolve('queue_slow');
    return new Promise((resolve) => {
      const name = this.#nameFor(request);
      const waiter = new Waiter(request, name, this.#tickets++, since, this.#accountFor(request, since), (result) => {
        this.#leave(waiter);
        resolve(result);
      });
      waiter.begin(this.limits, () => this.#ages(waiter));
      this.#lineOf(waiter).add(waiter);
      this.#length += 1;
      this.serve();
    });
  }

  /** Gives free keys to the calls that wait longest. */
  serve(): void {
    if (this.#length === 0 || this.#isClosed) return;
    this.#hasFreedKeys = true;
    if (this.#isServing) return;
    this.#isServing = true;
    // A key may come free for a group that was passed over already.
    while (this.#hasFreedKeys) this.#serveOnce();
    this.#isServing = false;
    this.#arm();
  }

  #serveOnce(): void {
    this.#hasFreedKeys = false;
    const blocked = new Set<WaitingGroup>();
    for (let next = this.#next(blocked); next; next = this.#next(blocked)) {
      const now = this.clock.now();
      const [waiter, group] = next;
      const lease = this.#leaseFor(waiter, now);
      if (lease) {
        this.#estimate.served(now);
        group.line.served(waiter);
        waiter.end(lease);
      } else blocked.add(group);
    }
  }

  /** Where no key fits a call that was passed often enough, the account that fits it soonest is kept for it. */
  #leaseFor(waiter: Waiter, now: number): AttemptContext | undefined {
    waiter.lookedAt = now;
    if (waiter.isBatch && !this.courtesy.mayTake(waiter, now)) return undefined;
    const lease = leaseUntriedFirst(this.pool, waiter, now);
    if (lease) return lease;
    if (waiter.isHeld && !waiter.isHeldAt(now)) this.#lineOf(waiter).freed(waiter);
    if (!waiter.isOverdue(now)) return undefined;
    waiter.isSetAside = true;
    this.pool.setAside(waiter, waiter, now);
    return undefined;
  }

  /** Keys changed: an ejected key may come back for want of others, and calls whose key can no longer come in time stop waiting. */
  review(): void {
    if (this.#isReviewDue || this.#length === 0) return;
    this.#isReviewDue = true;
    // Once for all that changes in this tick: it may look at every key.
    queueMicrotask(() => {
      this.#isReviewDue = false;
      this.serve();
      for (const [name, line] of [...this.#lines]) this.#reviewLine(name, line);
    });
  }

  #reviewLine(name: LineName, line: WaitingLine): void {
    let nextKeyAt: number | undefined;
    for (const group of [...line.groups])
      for (const waiter of [...group]) {
        const isBound = waiter.affinity?.kind === 'hard';
        if (isBound || name === OVERFLOW_LINE || nextKeyAt === undefined) nextKeyAt = this.#nextKeyAt(waiter);
        if (waiter.endsAt < nextKeyAt) waiter.end('hopeless');
        else if (waiter.tokens && this.pool.excess(waiter, this.clock.now())) waiter.end('too_large');
        if (isBound) nextKeyAt = undefined;
      }
  }

  /** When a key for the call can come at the earliest; 0 where one may come at any moment. Milliseconds since the epoch. */
  #nextKeyAt({ model, endpoint, affinity }: CallTarget): number {
    if (this.pool.mayBeFreed(model, endpoint, affinity)) return 0;
    return this.pool.nextWake(model, endpoint, affinity) ?? Infinity;
  }

  /** Ends all waits, for good. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const line of [...this.#lines.values()])
      for (const group of [...line.groups]) for (const waiter of [...group]) waiter.end('closed');
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** The call to be served next, of those in groups that are not blocked: an interactive one before a batch one, and then the one that came first. */
  #next(blocked: ReadonlySet<WaitingGroup>): readonly [Waiter, WaitingGroup] | undefined {
    let next: readonly [Waiter, WaitingGroup] | undefined;
    for (const line of this.#lines.values())
      for (const group of line.groups) {
        if (blocked.has(group) || !line.mayServe(group)) continue;
        const waiter = group.first;
        if (!next || goesBefore(waiter, next[0])) next = [waiter, group];
      }
    return next;
  }

  /** Whether somebody waits in this line behind whom such a call must go. */
  #holdsUp(name: LineName, isBatch: boolean, account: string | undefined): boolean {
    const line = this.#lines.get(name);
    return line !== undefined && (isBatch || line.holdsUp(account));
  }

  /** The account in whose line a call waits. */
  #accountFor(target: CallTarget, now?: number): string | undefined {
    return target.affinity && this.pool.accountFor(target, now ?? this.clock.now());
  }

  /** How many calls stand before a new one. */
  #before(isBatch: boolean): number {
    if (isBatch) return this.#length;
    let interactive = 0;
    for (const line of this.#lines.values()) interactive += line.interactive;
    return interactive;
  }

  #nameFor(target: CallTarget): LineName {
    const name = nameOf(target);
    return this.#lines.has(name) || this.#lines.size < MAX_LINES ? name : OVERFLOW_LINE;
  }

  #lineOf({ line }: Waiter): WaitingLine {
    return getOrCreate(this.#lines, line, () => new WaitingLine());
  }

  /** A batch call has waited long enough: from here on it stands in line like an interactive one that comes now. */
  #ages(waiter: Waiter): void {
    const line = this.#lineOf(waiter);
    line.delete(waiter);
    waiter.aged(this.#tickets++, this.clock.now());
    line.add(waiter);
    this.serve();
  }

  #leave(waiter: Waiter): void {
    const { line: name } = waiter;
    const line = this.#lines.get(name);
    if (!line?.delete(waiter)) return;
    this.#length -= 1;
    if (line.isEmpty) this.#lines.delete(name);
    if (waiter.isSetAside) this.pool.giveBack(waiter);
    if (this.#length === 0) this.#estimate.idle();
    // Whoever was held up by a call that is gone may go on.
    else if (name === OVERFLOW_LINE || waiter.isSetAside || (!this.#isServing && !line.isEmpty)) this.serve();
  }

  /** Sets the timer to the next time at which a key may fit somebody who waits. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const now = this.clock.now();
    let next = Infinity;
    for (const line of this.#lines.values())
      for (const group of line.groups) if (line.mayServe(group)) next = Math.min(next, this.#wakesAt(group.first, now));
    if (next === Infinity) return;
    this.#cancelTimer = this.clock.after(Math.max(0, next - now), () => this.serve());
  }

  #wakesAt(waiter: Waiter, now: number): number {
    const { spillsAt = 0, movesAt = 0 } = waiter;
    const keyAt = this.#keyAt(waiter, now);
    // A key of a higher tier or of another account may be free all the while.
    const otherAt = Math.min(spillsAt > now ? spillsAt : Infinity, movesAt > now ? movesAt : Infinity);
    return Math.min(otherAt, keyAt);
  }

  /** All as of when the call found no key: what it waited for then may be over by now. */
  #keyAt(waiter: Waiter, now: number): number {
    const { tokens, model, endpoint, affinity, movesAt, isBatch, lookedAt } = waiter;
    // 0: at any moment, and whatever frees the key tells.
    const fitsAt = this.pool.availableAt({ model, endpoint, tokens, affinity, movesAt }, lookedAt) || Infinity;
    const isHeld = affinity?.kind === 'soft' && waiter.isHeldAt(lookedAt);
    const wakesAt = isHeld ? Infinity : (this.pool.nextWake(model, endpoint, affinity) ?? Infinity);
    const courtesyEndsAt = isBatch ? this.courtesy.endsAt(lookedAt) : Infinity;
    const at = Math.min(fitsAt, wakesAt || now + FREE_PAUSE_MS, courtesyEndsAt);
    return at > now ? at : now + LEAST_PAUSE_MS;
  }
}

function goesBefore(one: Waiter, other: Waiter): boolean {
  return one.isBatch === other.isBatch ? one.ticket < other.ticket : other.isBatch;
}
