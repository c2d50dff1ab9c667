import { periodEnd, type Period } from '../../common/period-end';
import type { RunOutTimes } from '../../forecast/run-out';
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
  /** What this instance may use of it already. */
  readonly claimed: number;
  /** What it has claimed beyond that. */
  readonly spare: number;
  /** Nobody can claim more. */
  readonly isSpent: boolean;
  /** The least that is needed now. */
  readonly needed: number;
  /** The same, and what would be used in the next second at the present pace. */
  readonly wished: number;
}

/** What has been claimed of a period. */
export interface MeterGrant {
  readonly endsAt: number;
  /** The version of the limit by which it was claimed. */
  readonly version: number;
  /** All that this instance may use of the period for now: if it died, as much would count as used. */
  readonly claimed: number;
  /** What it has claimed beyond that, and may use when it has said so. Default 0. */
  readonly spare?: number;
  /** Nothing is left to be claimed. Default: as before. */
  readonly isSpent?: boolean;
}

/** An instance whose claim is used up looks again after this time: claims are made within moments. Milliseconds. */
const LOOK_AGAIN_MS = 250;
/** More is granted when less than this part of the latest grant is left. */
const LOW = 0.5;
/** A grant is for what is used in this time. Milliseconds. */
const AHEAD_MS = 1_000;
/** Of a call that waits for a grant it is not known how many come with it: the first grant is for so many, and each that follows soon for twice as much. */
const FIRST_AHEAD = 4;
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
 * expected to take before it begins, and is counted as what it took. Where instances share the period, each uses what it has claimed of it before, and
 * of that no more than it has said that it may use: a claim is large, so that it is seldom made, and a grant small, so that little is lost with it.
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
  /** What it has claimed beyond that. */
  #spare = 0;
  /** What was granted ahead of use. */
  #ahead = 0;
  #grantedAt = 0;
  /** What was used and in flight when that was last looked at. */
  #seen = 0;
  #seenAt = 0;
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
  /** When all of it is expected to be used, where that is before the period ends. */
  runsOut: RunOutTimes | undefined;

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
    this.#spare = 0;
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
    const before = this.#used + this.#inFlight;
    const all = before + size;
    if (all <= Math.min(this.#limit, this.#usable(before)) + ROUNDING) return 0;
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
    const scraps = Math.min(this.#size, this.#limit * SCRAPS);
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

  /** What is to be granted; undefined where enough is. */
  want(now: number): MeterWant | undefined {
    this.#turn(now);
    if (!this.#isLow) return undefined;
    const claimed = this.#claimed!;
    const all = this.#used + this.#inFlight;
    const most = Math.max(2 * this.#ahead, FIRST_AHEAD * this.#missing);
    const pace = (this.#ahead - (claimed - all)) / Math.max(1, now - this.#grantedAt);
    const ahead = Math.max(this.#missing, Math.min(most, pace * AHEAD_MS));
    const next = this.#lacksClaim ? this.#size : 0;
    const needed = Math.max(0, all + Math.max(this.#missing, next) - claimed);
    const wished = this.#whole(Math.max(needed, all + ahead - claimed));
    if (wished === 0 && this.#isGranted) return undefined;
    const { endsAt, version } = { endsAt: this.#endsAt, version: this.#version };
    return { endsAt, limit: this.#limit, version, claimed, spare: this.#spare, isSpent: this.#isSpent, needed, wished };
  }

  granted({ endsAt, version, claimed, spare = 0, isSpent = this.#isSpent }: MeterGrant, now: number): void {
    this.#turn(now);
    // What was claimed of another limit is not used: it is claimed anew.
    if (endsAt !== this.#endsAt || version !== this.#version || this.#claimed === undefined) return;
    this.#claimed = claimed;
    this.#spare = spare;
    this.#ahead = Math.max(0, claimed - this.#used - this.#inFlight);
    this.#grantedAt = now;
    this.#isGranted = true;
    this.#isSpent = isSpent;
    this.#missing = 0;
  }

  /**
   * Takes back what is granted beyond what is in use and what is used in the next second, for it would count as used if this instance died.
   * @returns what may still be used
   */
  trim(now: number): number {
    this.#turn(now);
    const claimed = this.#claimed ?? 0;
    const all = this.#used + this.#inFlight;
    const pace = Math.max(0, all - this.#seen) / Math.max(1, now - this.#seenAt);
    const ahead = this.#whole(pace * AHEAD_MS);
    this.#seen = all;
    this.#seenAt = now;
    if (claimed - all <= 2 * ahead + ROUNDING) return claimed;
    this.#spare += claimed - all - ahead;
    this.#claimed = all + ahead;
    this.#ahead = ahead;
    this.#grantedAt = now;
    return this.#claimed;
  }

  /** More is granted than is in use. */
  get isAhead(): boolean {
    return this.#claimed !== undefined && this.#claimed > this.#used + this.#inFlight + ROUNDING;
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

  /**
   * What may be used in all where as much is used or in flight: what is granted, and one call beyond it, of what is spare. That one need not wait until
   * what it takes is written, which is long before it ends.
   */
  #usable(all: number): number {
    if (this.#claimed === undefined) return Infinity;
    return all <= this.#claimed + ROUNDING ? this.#claimed + this.#spare : this.#claimed;
  }

  /** More should be granted. */
  get #isLow(): boolean {
    if (this.#claimed === undefined || this.#limit === Infinity) return false;
    if (this.#isSpent && this.#spare <= ROUNDING) return false;
    const left = this.#claimed - this.#used - this.#inFlight;
    return left < Math.max(QUANTA[this.terms.unit], this.#missing, this.#ahead * LOW) || this.#lacksClaim;
  }

  /** The next call does not fit into what is claimed. */
  get #lacksClaim(): boolean {
    return !this.#isSpent && this.#claimed! + this.#spare - this.#used - this.#inFlight < this.#size;
  }

  /** What calls usually take, or reserve. */
  get #size(): number {
    return Math.max(QUANTA[this.terms.unit], this.#usual, this.#usuallyReserved);
  }

  /** A part of a request or a token is none. */
  #whole(amount: number): number {
    return this.terms.unit === 'usd' ? amount : Math.ceil(amount);
  }

  #askWhenLow(): void {
    if (this.#isLow) this.#wanted?.();
  }

  /** Nothing is to be had any more before the period ends. */
  #isOver(amount: number): boolean {
    const most = this.#isSpent ? Math.min(this.#limit, (this.#claimed ?? Infinity) + this.#spare) : this.#limit;
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
    this.#spare = this.#ahead = this.#missing = 0;
    this.#seen = this.#used + this.#inFlight;
  }
}

/** An amount without the dust that sums of fractions leave. */
export const shownAmount = (amount: number, unit: BudgetUnit): number =>
  unit === 'usd' ? Number(amount.toFixed(6)) : Math.round(amount);
