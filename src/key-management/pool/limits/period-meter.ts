import { periodEnd, type Period } from '../../common/period-end';
import { amountText, BUDGET_THRESHOLDS, type BudgetScope, type BudgetThreshold, type BudgetUnit } from './budget';

/** What a meter counts, and for whom. */
export interface MeterTerms {
  /** `limit`: of the vendor's day, as the user states it. `budget`: what the user wants to spend at the most. */
  readonly kind: 'limit' | 'budget';
  readonly scope: BudgetScope;
  /** The name of those whose calls it counts, the same on every instance. */
  readonly subject: string;
  readonly unit: BudgetUnit;
  readonly per: Period;
  /** The IANA name of the zone in which the period begins. */
  readonly timeZone: () => string;
}

/** What this instance needs of a period. */
export interface MeterWant {
  /** When the period ends, which also names it; milliseconds since the epoch. */
  readonly endsAt: number;
  readonly limit: number;
  /** Counts the changes of the limit. */
  readonly version: number;
  /** What this instance has claimed of it already. */
  readonly claimed: number;
  /** The least that is needed now. */
  readonly needed: number;
  /** What would be used soon, as fast as the latest claim was. */
  readonly wished: number;
}

/** What has been claimed of a period. */
export interface MeterGrant {
  readonly endsAt: number;
  /** The version of the limit by which it was claimed. */
  readonly version: number;
  /** All that this instance may use of the period. */
  readonly claimed: number;
  /** Nothing is left to be claimed. */
  readonly isSpent: boolean;
}

/** An instance whose claim is used up looks again after this time: claims are made within moments. Milliseconds. */
const LOOK_AGAIN_MS = 250;
/** More is claimed when less than this part of the latest claim is left. */
const LOW = 0.5;
/** A claim that is used up within this time is followed by one twice as large. Milliseconds. */
const FAST_MS = 1_000;
/** The weight of a call in the exponentially weighted mean of what calls take. */
const LEARNING = 0.2;
/** What nobody stated or measured before, a call is taken to have used: it must not count as nothing. */
export const ASSUMED_TOKENS = { input: 1_000, output: 1_000 } as const;
/** The same of each unit: what as many tokens cost of a good model. */
export const ASSUMED: Readonly<Record<BudgetUnit, number>> = { requests: 1, tokens: 2_000, usd: 0.01 };
/** Where less than that is allowed in all, so many calls of which nothing is known may go at once. */
const FEWEST_UNKNOWN = 16;
/** Less than this is nothing. A millionth of a dollar is a token of the cheapest models. */
export const QUANTA: Readonly<Record<BudgetUnit, number>> = { requests: 1, tokens: 1, usd: 1e-6 };
/** So small a part of a limit is no use where calls usually take more, or reserve more. */
const SCRAPS = 0.02;
/** Sums of fractions are off by less. */
const ROUNDING = 1e-9;

/**
 * Counts what calls use in a period of the calendar, and says when nothing is left: a limit of the vendor's day, or a budget. A call reserves what it is
 * expected to take before it begins, and is counted as what it took. Where instances share the period, each uses what it has claimed of it before.
 */
export class PeriodMeter {
  #limit = Infinity;
  #version = 0;
  #endsAt = 0;
  #zone = '';
  #used = 0;
  /** What calls in flight are expected to take, where somebody said, and the number of the others. */
  #reserved = 0;
  #unknown = 0;
  /** The mean of what calls took lately; 0 before the first. */
  #usual = 0;
  /** The mean of what calls reserved lately. */
  #usuallyReserved = 0;
  /** What this instance may use; undefined where it is alone and may use all. */
  #claimed: number | undefined;
  #latest = 0;
  #latestAt = 0;
  /** Nothing is left to be claimed. */
  #isSpent = false;
  /** Something of this period was granted. */
  #isGranted = false;
  #wanted: (() => void) | undefined;
  /** What a call takes that did not fit what is claimed. */
  #missing = 0;
  /** What all other instances used of the period that ends then, as it was last told. */
  #others = 0;
  #othersEndAt = 0;
  /** Tells anew what the others used. */
  #lookAtOthers: (() => void) | undefined;
  #told = 0;
  /** When all of it is expected to be used, where that is before the period ends. Milliseconds since the epoch. */
  runsOutAt: number | undefined;

  constructor(readonly terms: MeterTerms) {}

  /**
   * From now on nothing is used that was not claimed.
   * @param wanted Called when more is to be claimed.
   * @param look Called when somebody wants to know what others used: it tells that by `othersUsed`.
   */
  claims(wanted: () => void, look?: () => void): void {
    this.#claimed ??= 0;
    this.#wanted = wanted;
    this.#lookAtOthers = look;
  }

  /** The most that may be used in a period; Infinity where nothing limits it. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    if (limit === this.#limit) return;
    // Of a smaller one the instances may have claimed more than all of it: each keeps what it has used, and claims anew.
    if (limit < this.#limit && this.#claimed !== undefined)
      this.#claimed = Math.min(this.#claimed, this.#used + this.#inFlight);
    this.#limit = limit;
    this.#version += 1;
    // Of a greater one something may be left.
    this.#isSpent = false;
    this.#told = 0;
    this.#wanted?.();
  }

  /** When the present period ends. Milliseconds since the epoch. */
  endsAt(now: number): number {
    this.#turn(now);
    return this.#endsAt;
  }

  /** What calls of this instance have used of the period, without those in flight. */
  used(now: number): number {
    this.#turn(now);
    return this.#used;
  }

  /** What the calls of all instances have used of it, as far as it is known. */
  spent(now: number): number {
    this.#lookAtOthers?.();
    return this.#spentAt(now);
  }

  #spentAt(now: number): number {
    this.#turn(now);
    return this.#used + (this.#othersEndAt === this.#endsAt ? this.#others : 0);
  }

  /** The mean of what calls took lately; 0 where nothing is known. */
  get usual(): number {
    return this.#usual;
  }

  /** The other instances have used so much of the period that ends then. */
  othersUsed(amount: number, endsAt: number): void {
    this.#others = amount;
    this.#othersEndAt = endsAt;
  }

  /** A call begins, and reserves what it is expected to take; undefined where nobody knows. Requests count at once. */
  started(amount: number | undefined, now: number): void {
    this.#turn(now);
    if (this.terms.unit === 'requests') this.#used += 1;
    else if (amount === undefined) this.#unknown += 1;
    else {
      this.#reserved += amount;
      this.#usuallyReserved += (amount - this.#usuallyReserved) * (this.#usuallyReserved === 0 ? 1 : LEARNING);
    }
    this.#askWhenLow();
  }

  /** Gives back what a call reserved, once. */
  released(amount: number | undefined): void {
    if (this.terms.unit === 'requests') return;
    if (amount === undefined) this.#unknown -= 1;
    else this.#reserved = Math.max(0, this.#reserved - amount);
  }

  /**
   * A call turned out to have used so much more, or less than it was taken for.
   * @param whole All that the call took, from which the mean is learned; undefined where that is not known.
   */
  add(amount: number, now: number, whole: number | undefined): void {
    this.#turn(now);
    this.#used = Math.max(0, this.#used + amount);
    if (whole !== undefined) this.#usual += (whole - this.#usual) * (this.#usual === 0 ? 1 : LEARNING);
    this.#askWhenLow();
  }

  /** Takes over what calls were counted elsewhere. */
  absorb(other: PeriodMeter, now: number): void {
    this.#turn(now);
    if (other.endsAt(now) !== this.#endsAt) return;
    this.#used += other.#used;
    other.#used = 0;
  }

  /**
   * Until when a call may not go, milliseconds since the epoch; 0 if it may go now.
   * @param amount What it is expected to take; undefined for what calls usually take.
   */
  blockedUntil(amount: number | undefined, now: number): number {
    this.#turn(now);
    if (this.#limit === Infinity) return 0;
    const size = amount ?? this.#unknownSize;
    const all = this.#used + this.#inFlight + size;
    if (all <= Math.min(this.#limit, this.#claimed ?? Infinity) + ROUNDING) return 0;
    if (this.#isOver(size)) return this.#endsAt;
    if (all <= this.#limit + ROUNDING) {
      this.#missing = Math.max(this.#missing, size);
      this.#wanted?.();
    }
    // What is in flight may take less than it has reserved, and something may be granted.
    return Math.min(this.#endsAt, now + LOOK_AGAIN_MS);
  }

  /** When the period ends of which nothing is left, or only scraps that are too small for a usual call; 0 where more is. */
  spentUntil(now: number): number {
    this.#turn(now);
    const scraps = Math.min(Math.max(this.#usual, this.#usuallyReserved), this.#limit * SCRAPS);
    return this.#isOver(Math.max(QUANTA[this.terms.unit], scraps)) ? this.#endsAt : 0;
  }

  /** Something of the period is this instance's, or nothing is left: it is known whether it is spent. */
  isKnown(now: number): boolean {
    this.#turn(now);
    return this.#claimed === undefined || this.#isGranted;
  }

  /** The threshold that was reached and not told of in this period; undefined for none. */
  dueThreshold(now: number): BudgetThreshold | undefined {
    if (this.terms.kind !== 'budget' || this.#limit === Infinity) return undefined;
    const percent = this.spentUntil(now) > 0 ? 100 : (this.#spentAt(now) / this.#limit) * 100;
    const reached = BUDGET_THRESHOLDS.findLast((each) => each <= percent + ROUNDING);
    return reached !== undefined && reached > this.#told ? reached : undefined;
  }

  /** All thresholds up to this one were told of, in the period that ends then. */
  told(percent: number, endsAt: number): void {
    if (endsAt === this.#endsAt) this.#told = Math.max(this.#told, percent);
  }

  /** What is to be claimed; undefined where enough is. */
  want(now: number): MeterWant | undefined {
    this.#turn(now);
    if (!this.#isLow) return undefined;
    const least = Math.max(QUANTA[this.terms.unit], this.#missing);
    const claimed = this.#claimed!;
    const needed = Math.max(0, this.#used + this.#inFlight + least - claimed);
    const wished = now - this.#latestAt < FAST_MS ? 2 * this.#latest : 0;
    return { endsAt: this.#endsAt, limit: this.#limit, version: this.#version, claimed, needed, wished };
  }

  granted({ endsAt, version, claimed, isSpent }: MeterGrant, now: number): void {
    this.#turn(now);
    // What was claimed of another limit is not used: it is claimed anew.
    if (endsAt !== this.#endsAt || version !== this.#version || this.#claimed === undefined) return;
    this.#latest = claimed - this.#claimed;
    this.#latestAt = now;
    this.#claimed = claimed;
    this.#isGranted = true;
    this.#isSpent = isSpent;
    this.#missing = 0;
  }

  /** Another instance has given back what it had claimed of the period that ends then: something may be left. */
  givenBack(endsAt: number): void {
    if (endsAt !== this.#endsAt || !this.#isSpent) return;
    this.#isSpent = false;
    this.#wanted?.();
  }

  /** Why its keys are not used any more in this period, for people. */
  spentReason(now: number): string {
    const { kind, scope, unit, per } = this.terms;
    const amount = amountText(this.#limit, unit);
    const end = new Date(this.endsAt(now)).toISOString();
    if (kind === 'limit') return `The limit of ${amount} a ${per} is reached. The ${per} ends at ${end}.`;
    return `${scope === 'key' ? '' : `the ${scope}'s `}budget of ${amount} per ${per} is spent; the ${per} ends at ${end}`;
  }

  get #inFlight(): number {
    return this.#unknown === 0 ? this.#reserved : this.#reserved + this.#unknown * this.#unknownSize;
  }

  /** What is reserved for a call of which nobody knows what it takes: what calls took lately, and before that what is assumed. */
  get #unknownSize(): number {
    const { unit } = this.terms;
    return this.#usual > 0
      ? Math.max(QUANTA[unit], this.#usual)
      : Math.max(QUANTA[unit], Math.min(ASSUMED[unit], this.#limit / FEWEST_UNKNOWN));
  }

  /** More should be claimed. */
  get #isLow(): boolean {
    if (this.#claimed === undefined || this.#isSpent || this.#limit === Infinity) return false;
    const left = this.#claimed - this.#used - this.#inFlight;
    return left < Math.max(QUANTA[this.terms.unit], this.#missing, this.#latest * LOW);
  }

  #askWhenLow(): void {
    if (this.#isLow) this.#wanted?.();
  }

  /** Nothing is to be had any more before the period ends. */
  #isOver(amount: number): boolean {
    const most = this.#isSpent ? Math.min(this.#limit, this.#claimed ?? Infinity) : this.#limit;
    return this.#used + amount > most + ROUNDING;
  }

  #turn(now: number): void {
    const zone = this.terms.timeZone();
    if (now < this.#endsAt && zone === this.#zone) return;
    const isNew = now >= this.#endsAt;
    this.#endsAt = periodEnd(this.terms.per, zone, now);
    this.#zone = zone;
    if (isNew) {
      this.#used = 0;
      this.#told = 0;
    }
    if (this.#claimed !== undefined) this.#claimed = 0;
    this.#isGranted = this.#isSpent = false;
    this.#latest = this.#missing = 0;
  }
}

/** An amount without the dust that sums of fractions leave. */
export const shownAmount = (amount: number, unit: BudgetUnit): number =>
  unit === 'usd' ? Number(amount.toFixed(6)) : Math.round(amount);
