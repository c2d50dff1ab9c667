import type { TokenBooking } from '../../vendors/contract/profile';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import type { AskedFor } from './asked-lately';
import type { ExpectedTokens } from './expected-tokens';
import { KindEvidence, type LimitKind } from './limit-kind';
import { Refill } from './refill';

export type Dimension = RateLimitReading['dimension'];

/** What the calls take that an answer does not count, and those of which nobody can say. */
interface UncountedCalls {
  readonly sent: number;
  readonly unsure: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const LEARNING = 0.2;
/** How fast the least that calls ask for is forgotten. */
const LEAST_LEARNING = 0.05;
/** When to look again while the calls in flight fill a window, and no answer has shown the new window yet. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** So long after parts have changed hands, the calls that were sent before have reached the vendor. Milliseconds. */
const SETTLED_MS = 500;
/** What one request is under way longer than another. Milliseconds. */
const JITTER_MS = 75;
/** How far the refill and the reset may be off, in calls, where they tell what a bucket holds. */
const SIZE_ROUNDING = 0.01;
/** What is missing by less than a rounding error is there. */
const ROUNDING = 1e-6;

/**
 * What is left of one dimension of a rate limit (requests, tokens): as the last answer stated it, as it has refilled since, and without what the calls
 * sent since then take. A token bucket refills continuously, a fixed window at its reset.
 */
export class Meter {
  #left = Infinity;
  #asOf = 0;
  /** No less is left at any later time, unless more is taken: a call that needs less need not know the time. */
  #surelyLeft = Infinity;
  /** When the bucket is full, or the window ends, as far as is known; milliseconds since the epoch. */
  #fullAt = 0;
  /** The window began without an answer that told of it: it may hold less, or have begun later. */
  #isGuess = false;
  #windowMs = MINUTE_MS;
  /** Per millisecond. */
  #refill = 0;
  #rate = new Refill();
  readonly #kind: KindEvidence;
  #limit = Infinity;
  /** What a bucket holds at most, or a window begins with. */
  #capacity = Infinity;
  /** The part of the limit that is this instance's. 0..1 */
  #part = 1;
  /** When that was set last; milliseconds since the epoch. */
  #dividedAt = -Infinity;
  /** What a bucket of calls holds, by the last answer that told; 0 before. */
  #size = 0;
  /** It was less than all of it, and may be again. */
  #isShared = false;
  /** What one call takes where nobody said: one request, or the mean of what calls took lately. */
  usual = 1;
  #hasLearned = false;
  /** What is known was told by another instance: no answer has stated it here. */
  #wasTold = false;
  /** The least that calls asked for lately. */
  #least = Infinity;
  /** What the calls in flight are yet to write, where the vendor books output as it is written. */
  reserved = 0;

  constructor(
    readonly dimension: Dimension,
    kind: LimitKind,
    private readonly booking: TokenBooking,
  ) {
    this.#kind = new KindEvidence(kind);
  }

  get kind(): LimitKind {
    return this.#kind.kind;
  }

  get isKnown(): boolean {
    return this.#left < Infinity;
  }

  /** What another instance may be told: what a bucket of a minute's limit holds, as answers stated it here. */
  get tells(): boolean {
    return this.isKnown && !this.#wasTold && this.kind === 'token_bucket' && this.#windowMs === MINUTE_MS;
  }

  /** The limit is by the day, and what is left of it is known. */
  get isDaily(): boolean {
    return this.#windowMs === DAY_MS && this.isKnown;
  }

  /** When a fixed window begins anew; undefined of a bucket, which refills steadily. Milliseconds since the epoch. */
  get endsAt(): number | undefined {
    return this.kind === 'fixed_window' && this.#fullAt > 0 ? this.#fullAt : undefined;
  }

  /** The limit as it was stated last. */
  get limit(): number {
    return this.#limit;
  }

  /** How much of this instance's part is used, and not refilled yet. 0..1 and more */
  used(now: number): number {
    const capacity = this.#capacity * this.#part;
    return this.isKnown && capacity > 0 ? Math.max(0, 1 - this.leftAt(now) / capacity) : 0;
  }

  /** How long it takes to refill what is left now; milliseconds. */
  stockMs(now: number): number {
    const refill = (this.perMinute / MINUTE_MS) * this.#part;
    return refill > 0 ? Math.max(0, this.leftAt(now)) / refill : 0;
  }

  /** The most that one call may take. */
  get capacity(): number {
    return this.#capacity;
  }

  get part(): number {
    return this.#part;
  }

  /** What goes in a minute. */
  get perMinute(): number {
    return this.kind === 'fixed_window' ? this.#capacity * (MINUTE_MS / this.#windowMs) : this.#refill * MINUTE_MS;
  }

  /** What the vendor books when such a call arrives. */
  bookedAtOnce(tokens: ExpectedTokens | undefined): number {
    if (this.dimension === 'requests') return 1;
    if (tokens === undefined) return this.usual;
    const output = this.booking === 'input_and_max_output' ? tokens.output : 0;
    if (this.dimension === 'output_tokens') return output;
    return tokens.input + (this.dimension === 'tokens' ? output : 0);
  }

  /** What the vendor books while such a call is answered. */
  bookedLater(tokens: ExpectedTokens | undefined): number {
    if (tokens === undefined || this.booking !== 'input_and_output') return 0;
    return this.dimension === 'output_tokens' || this.dimension === 'tokens' ? tokens.output : 0;
  }

  needed(tokens: ExpectedTokens | undefined): number {
    return this.bookedAtOnce(tokens) + this.bookedLater(tokens);
  }

  /** Another instance was told by answers what the bucket holds, and what goes in a millisecond. What an answer has stated here is the better guide. */
  told(capacity: number, perMs: number, now: number): void {
    if (this.isKnown && !this.#wasTold) return;
    // Of a part that it was given before, others may have just used all.
    if (!this.isKnown) this.#left = this.#part < 1 ? 0 : capacity;
    this.#wasTold = true;
    this.#capacity = this.#whole(capacity);
    this.#refill = perMs;
    this.#asOf = Math.max(this.#asOf, now);
    this.#leftChanged();
  }

  /** What so many calls need together. */
  neededBy({ calls, unknown, tokens }: AskedFor): number {
    return this.dimension === 'requests' ? calls : unknown * this.usual + this.needed(tokens);
  }

  /** So many calls of unknown size surely fit now and at any later time, until more is taken. */
  get roomForUnknown(): number {
    const booked = this.bookedAtOnce(undefined);
    return booked > 0 ? Math.floor((this.#surelyLeft - this.reserved) / booked) : this.#part > 0 ? Infinity : 0;
  }

  /**
   * Takes in what an answer states. True where that is a limit of which no answer told before.
   * @param sent What the calls take that were sent since then, and those of which nobody can say whether it counts them.
   * @param asOf When the vendor counted it; milliseconds since the epoch.
   */
  observe(reading: RateLimitReading, calls: UncountedCalls, asOf: number, now: number): boolean {
    const { limit, remaining, resetMs = 0, window } = reading;
    if (remaining === undefined) return false;
    const isNew = !this.isKnown || this.#wasTold || (limit !== undefined && limit !== this.#limit);
    this.#wasTold = false;
    this.#kind.observe(remaining, resetMs, now);
    const isWindow = this.kind === 'fixed_window';
    const known = this.isKnown ? this.leftAt(now) : -Infinity;
    const own = this.#isShared && this.isKnown ? known : remaining * this.#part;
    if (limit !== undefined) this.#stated(limit);
    const full = Math.max(1, limit ?? Math.max(this.#rate.fullest, remaining));
    this.#windowMs = window === 'day' ? DAY_MS : MINUTE_MS;
    this.#refill = this.#rate.read(remaining, resetMs, full, full / this.#windowMs);
    // A vendor may enforce its limit in smaller buckets than the limit that it states.
    const bucket = resetMs > 0 ? Math.max(1, remaining + this.#refill * resetMs) : full;
    this.#capacity = isWindow ? full : Math.min(full, this.#isShared ? this.#whole(bucket) : bucket);
    const level = isWindow ? remaining : this.#levelOf(remaining, resetMs, full);
    this.#isGuess = false;
    // What was expected holds where the answer may mean it.
    const expected = isWindow ? known : known - (now - asOf) * this.#refill;
    const sent = calls.sent + Math.min(calls.unsure, Math.max(0, level - calls.sent - expected));
    if (isWindow) {
      this.#fullAt = now + resetMs;
      this.#left = remaining - sent;
      this.#asOf = now;
    } else {
      this.#fullAt = resetMs > 0 ? asOf + resetMs + sent / this.#refill : 0;
      this.#left = level - sent;
      this.#asOf = asOf;
    }
    this.#leftChanged();
    // Others take of the same limit: of what is left, this instance has no more than its own calls have left of its part, or than the others' can be.
    if (!this.#isShared) return isNew;
    const left = this.leftAt(now);
    const isSettled = asOf >= this.#dividedAt + SETTLED_MS;
    const all = level - calls.sent - calls.unsure + (isWindow ? 0 : (now - asOf) * this.#refill);
    const surely = isSettled ? all - (1 - this.#part) * this.#capacity : -Infinity;
    this.#left = Math.min(left, Math.max(own, surely));
    this.#asOf = now;
    this.#leftChanged();
    return isNew;
  }

  /** What is left is stated in whole calls, so that a bucket seems to hold a part of a call less than it does: a part of it of one call is to hold one. */
  #whole(capacity: number): number {
    return this.dimension === 'requests' ? Math.ceil(capacity - SIZE_ROUNDING) : capacity;
  }

  /** A limit that is another one than before has a bucket of its own: what was learned of the one before tells nothing of it. */
  #stated(limit: number): void {
    if (limit !== this.#limit && this.#limit < Infinity) {
      this.#rate = new Refill();
      this.#size = 0;
    }
    this.#limit = limit;
  }

  /**
   * What is left of a bucket, with the part of a call that vendors leave out: its reset says how far it is from full, where answers agree on how many
   * calls it holds.
   */
  #levelOf(remaining: number, resetMs: number, most: number): number {
    // A reset in whole seconds is rounded.
    if (this.dimension !== 'requests' || !this.#rate.isSure || resetMs % 1_000 === 0) return remaining;
    const size = Math.ceil(remaining + this.#refill * resetMs - SIZE_ROUNDING);
    const isSize = size > 0 && size === this.#size && size <= most;
    // An empty bucket may owe some.
    if (remaining > 0) this.#size = size;
    if (!isSize) return remaining;
    this.#capacity = size;
    return Math.max(remaining, size - this.#refill * (resetMs + JITTER_MS));
  }

  /** Learns the mean of what calls take from what some of them turned out to take. */
  learn(took: number): void {
    this.usual = this.#hasLearned ? this.usual + (took - this.usual) * LEARNING : took;
    this.#hasLearned = true;
  }

  /** A call takes so much; less than 0 gives back. */
  take(amount: number, now: number): void {
    if (!this.isKnown || amount === 0) return;
    const left = this.leftAt(now);
    if (this.kind === 'fixed_window') this.#turn(now);
    else {
      const isFull = this.#fullAt <= now;
      if (this.#part < 1 || (isFull && left < this.#capacity)) this.#fullAt = 0;
      else this.#fullAt = (isFull ? now : this.#fullAt) + amount / this.#refill;
    }
    this.#left = left - amount;
    this.#asOf = Math.max(this.#asOf, now);
    this.#leftChanged();
  }

  /** Notes what a call asks for, so that it is known which calls still fit when little is left. */
  asked(amount: number): void {
    this.#least = amount < this.#least ? amount : this.#least + (amount - this.#least) * LEAST_LEARNING;
  }

  /** The least call that is of use: smaller ones are not asked for. */
  get least(): number {
    return this.dimension === 'requests' ? 1 : Math.min(this.usual, this.#least);
  }

  /** Until when a call that needs so much does not fit, milliseconds since the epoch; 0 if it fits now. */
  blockedUntil(amount: number, now: number): number {
    if (amount + this.reserved <= this.#surelyLeft) return 0;
    if (this.#part <= 0) return now + LOOK_AGAIN_MS;
    const capacity = this.#capacity * this.#part;
    // A single call goes when the bucket is full, whatever it may take.
    const needed = this.reserved > 0 ? amount + this.reserved : Math.min(amount, capacity);
    const left = this.leftAt(now);
    if (left >= needed - ROUNDING) return 0;
    if (this.kind === 'fixed_window') return this.#fullAt > now && !this.#isGuess ? this.#fullAt : now + LOOK_AGAIN_MS;
    const refilledAt = now + (needed - left) / (this.#refill * this.#part);
    return needed <= capacity && this.#fullAt > now ? Math.min(refilledAt, this.#fullAt) : refilledAt;
  }

  leftAt(now: number): number {
    const capacity = this.#capacity * this.#part;
    if (this.kind === 'fixed_window') return now >= this.#fullAt ? capacity : this.#left;
    // The vendor states when the bucket is full, and that holds where the refill is not known well.
    if (this.#fullAt > 0 && now >= this.#fullAt) return capacity;
    const refilled = this.#left + Math.max(0, now - this.#asOf) * this.#refill * this.#part;
    return Math.max(this.#left, Math.min(capacity, refilled));
  }

  /** Sets the part of the limit that is this instance's; `level` of what is gained is full. */
  divide(part: number, level: number, now: number): void {
    const before = this.#part;
    if (this.isKnown) {
      const left = this.leftAt(now);
      const gained = (part - before) * this.#capacity * level;
      if (this.kind === 'fixed_window') this.#turn(now);
      else this.#fullAt = 0;
      this.#left = part >= before ? left + gained : left * (part / before);
      this.#asOf = Math.max(this.#asOf, now);
    }
    this.#part = part;
    this.#leftChanged();
    this.#dividedAt = now;
    if (part < 1 && !this.#isShared) {
      this.#isShared = true;
      if (this.kind === 'token_bucket') this.#capacity = this.#whole(this.#capacity);
    }
  }

  #leftChanged(): void {
    if (!this.isKnown) return;
    this.#surelyLeft = this.#part > 0 ? Math.min(this.#left, this.#capacity * this.#part) : -1;
  }

  /** Begins the next window where the last one has ended. */
  #turn(now: number): void {
    if (now < this.#fullAt) return;
    this.#isGuess = true;
    this.#fullAt += this.#windowMs * Math.ceil((now + 1 - this.#fullAt) / this.#windowMs);
  }
}
