/**
 * How fast the rate grows with the square of the calls since the last refusal: slowly at first, so that a limit is met again only after some
 * thirty calls; fast later, so that a limit that was raised, or measured too low, is found.
 */
const GROWTH = 6e-5;
/** The weight of a measurement that no stated wait makes exact, in the exponentially weighted mean. */
const LEARNING = 0.5;
/** A measurement with stated waits weighs the more the more calls it spans: half at this number. */
const EXACT_AFTER_CALLS = 3;
/** Fewer calls measure nothing. */
const LEAST_CALLS = 3;
/** A bucket that is not used for this time is full: a longer pause says nothing of how fast it fills. Milliseconds. */
const LONGEST_GAP_MS = 60_000;
/** The longest time between two calls, however low the rate that was learned of a seldom used key. Milliseconds. */
const LONGEST_SPACING_MS = 15_000;
/** After a refusal the bucket is left to fill by this part of the refused call, since calls arrive sooner or later after they were sent. */
const SLACK = 0.7;
/** A measurement that differs by less confirms the rate. */
const SAME_RATE = 0.1;
/** A rate that was confirmed so often grows no slower. */
const MOST_CONFIRMED = 3;

/** A refusal, as far as a rate is learned from it. */
export interface Refusal {
  /** When the call was sent; milliseconds since the epoch. */
  readonly sentAt: number;
  /** What it would have taken. */
  readonly size: number;
  /** What all calls had taken when it was sent, itself included. */
  readonly soFar: number;
  /** How many they were. */
  readonly callsSoFar: number;
  /** When such a call would fit, by the vendor's word; milliseconds from its answer. */
  readonly waitMs: number | undefined;
}

/**
 * Learns a vendor's rate where no header tells: a refusal says that the bucket is empty, and a stated wait how empty. What was taken between two
 * refusals, over the time between them, is what refills it. Paces calls by it as the generic cell rate algorithm does.
 */
export class LearnedRate {
  /** Units (calls, tokens) per millisecond; Infinity until learned. */
  #rate = Infinity;
  #isMeasured = false;
  #confirmed = 0;
  /** How much the measurements differ from each other. */
  #last: Refusal | undefined = undefined;
  #refusedAt = -1;
  /** Units of refused calls since the last measurement began, which took nothing. */
  #refusedUnits = 0;
  #callsSinceRefusal = 0;
  /** Whether a refused call takes its share of the limit, too: the share of the refusals that say so. */
  #costs = 0;
  /** When the key was last used, and the idle time within the present measurement; milliseconds. */
  #activeAt = -1;
  #idleMs = 0;
  /** When the bucket was empty, if it never overflows; milliseconds since the epoch. */
  #emptyAt = 0;
  /** What a rested bucket holds. */
  #burst = 0;

  /** Units per millisecond; Infinity while nothing is known. */
  get perMs(): number {
    return this.#rate;
  }

  get isMeasured(): boolean {
    return this.#isMeasured;
  }

  started(size: number, now: number): void {
    this.#active(now);
    this.#callsSinceRefusal += 1;
    this.#burst = Math.max(this.#burst, 2 * size);
    if (this.#rate === Infinity) return;
    const perUnit = this.#msPerUnit;
    this.#emptyAt = Math.max(this.#emptyAt, now - this.#burst * perUnit) + size * perUnit;
  }

  /**
   * A call was refused. Refusals of one burst count once.
   * @param prior Units per millisecond of other accounts, where this one has learned nothing yet.
   */
  refused(refusal: Refusal, now: number, prior = Infinity): void {
    const { sentAt, size, waitMs } = refusal;
    const last = this.#last;
    if (last !== undefined && sentAt < this.#refusedAt) {
      this.#refusedUnits += size;
      return;
    }
    this.#active(now);
    this.#refusedAt = now;
    if (waitMs !== undefined && this.#rate < Infinity) this.#learnCost(size, waitMs);
    const isMeasured = last === undefined || this.#measure(last, refusal);
    if (!isMeasured) return;
    if (this.#rate === Infinity && prior < Infinity) this.#rate = prior;
    this.#last = refusal;
    this.#refusedUnits = 0;
    this.#idleMs = 0;
    this.#callsSinceRefusal = 0;
    if (this.#rate === Infinity) return;
    const fitsAt = now + (waitMs ?? 0);
    this.#emptyAt = Math.max(this.#emptyAt, fitsAt - (1 - SLACK) * size * this.#msPerUnit);
  }

  /** Until when such a call may not go, milliseconds since the epoch; 0 if it may go now. One call may always run ahead. */
  blockedUntil(size: number, now: number): number {
    if (this.#rate === Infinity) return 0;
    const perUnit = this.#msPerUnit;
    const blockedUntil = Math.min(this.#emptyAt + size * perUnit, now + LONGEST_SPACING_MS);
    return this.#emptyAt + size * perUnit > now + ROUNDING_MS ? blockedUntil : 0;
  }

  get #msPerUnit(): number {
    const growth = GROWTH / (1 + this.#confirmed);
    return 1 / (this.#rate * (1 + growth * this.#callsSinceRefusal ** 2));
  }

  #active(now: number): void {
    if (this.#activeAt >= 0) this.#idleMs += Math.max(0, now - this.#activeAt - LONGEST_GAP_MS);
    this.#activeAt = now;
  }

  /** A refused call that arrived just too early would fit soon, unless the refusal itself was booked. */
  #learnCost(size: number, waitMs: number): void {
    const says = waitMs * this.#rate > 0.75 * size ? 1 : 0;
    this.#costs += (says - this.#costs) * LEARNING;
  }

  /** False where too little lies between the two refusals. */
  #measure(last: Refusal, refusal: Refusal): boolean {
    const calls = refusal.callsSoFar - last.callsSoFar - 1;
    if (calls < LEAST_CALLS) return false;
    const cost = this.#costs > 0.5 ? 1 : 0;
    const took = refusal.soFar - last.soFar - (1 - cost) * (refusal.size + this.#refusedUnits);
    const betweenMs = refusal.sentAt - last.sentAt - this.#idleMs;
    const isExact = refusal.waitMs !== undefined && last.waitMs !== undefined;
    const refilled = isExact ? took + refusal.size - last.size : took;
    const ms = Math.max(1, isExact ? betweenMs - last.waitMs! + refusal.waitMs! : betweenMs);
    if (refilled > 0) this.#learn(refilled / ms, isExact ? Math.max(LEARNING, calls / (calls + EXACT_AFTER_CALLS)) : LEARNING);
    return true;
  }

  #learn(measured: number, weight: number): void {
    const isSame = Math.abs(measured / this.#rate - 1) < SAME_RATE;
    this.#confirmed = isSame ? Math.min(MOST_CONFIRMED, this.#confirmed + 1) : 0;
    this.#rate = this.#isMeasured ? this.#rate + (measured - this.#rate) * weight : measured;
    this.#isMeasured = true;
  }
}

const ROUNDING_MS = 1e-6;
