import { dayEnd } from '../../common/day-end';

/** What calls use of a day's limits. */
export interface DayAmounts {
  readonly requests: number;
  readonly tokens: number;
}

/** What an account may use in a day; undefined for any amount. */
export interface DayLimitAmounts {
  readonly requestsPerDay?: number | undefined;
  readonly tokensPerDay?: number | undefined;
}

/** What this instance needs of an account's day. */
export interface DayWant {
  /** The account's name, the same on every instance. */
  readonly account: string;
  /** When the day ends, which also names it; milliseconds since the epoch. */
  readonly day: number;
  readonly limits: DayLimitAmounts;
  /** Counts the changes of the limits. */
  readonly version: number;
  /** What this instance has claimed of it already. */
  readonly claimed: DayAmounts;
  /** The least that is needed now. */
  readonly needed: DayAmounts;
}

/** What has been claimed of an account's day. */
export interface DayGrant {
  readonly account: string;
  readonly day: number;
  /** The version of the limits by which it was claimed. */
  readonly version: number;
  /** All that this instance may use of the day. */
  readonly claimed: DayAmounts;
  /** Of which nothing is left to be claimed. */
  readonly spent: Readonly<Record<keyof DayAmounts, boolean>>;
}

/**
 * Where counts of a day are kept and shared: what an instance uses of a day's limits it has claimed before, so that neither instances together nor
 * an instance that dies and starts again use more than the limit. Implemented by the pool.
 */
export interface DayClaimsPort {
  /** From now on nothing is used that was not claimed. @param wanted Called when something is to be claimed. */
  claimDays(wanted: () => void): void;
  dayWants(now: number): readonly DayWant[];
  dayGranted(grant: DayGrant, now: number): void;
  /** What was used of each account's day, to give back what was claimed beyond it. */
  daysUsed(now: number): readonly { readonly account: string; readonly day: number; readonly used: DayAmounts }[];
}

/** An instance whose claim is used up looks again after this time: claims are made within moments. Milliseconds. */
const LOOK_AGAIN_MS = 250;
/** More is claimed when less than this part of the latest claim is left. */
const LOW = 0.5;

const NOTHING: DayAmounts = { requests: 0, tokens: 0 };
const ALL: DayAmounts = { requests: Infinity, tokens: Infinity };
const NONE_SPENT: DayGrant['spent'] = { requests: false, tokens: false };

/** Counts what one account's calls use in its vendor's day, and says when nothing is left. */
export class DayLimits {
  #endsAt = 0;
  #zone = '';
  #requests = 0;
  #tokens = 0;
  /** What this instance may use; undefined where it is alone and may use all. */
  #claimed: DayAmounts | undefined;
  #latest: DayAmounts = NOTHING;
  /** Of which nothing is left to be claimed. */
  #spent = NONE_SPENT;
  #version = 0;
  #wanted: (() => void) | undefined;
  /** Tokens of a call that did not fit what is claimed. */
  #missing = 0;

  /**
   * @param zone The time zone of the vendor's day.
   * @param wanted Called when more is to be claimed; without it nobody shares the day, and all of it may be used.
   */
  constructor(
    private readonly zone: () => string,
    wanted?: () => void,
  ) {
    if (wanted) this.claims(wanted);
  }

  /** From now on nothing is used that was not claimed. */
  claims(wanted: () => void): void {
    this.#claimed ??= NOTHING;
    this.#wanted = wanted;
  }

  /** When the present day ends. Milliseconds since the epoch. */
  endsAt(now: number): number {
    this.#turn(now);
    return this.#endsAt;
  }

  taken(now: number): void {
    this.#turn(now);
    this.#requests += 1;
  }

  used(tokens: number, now: number): void {
    this.#turn(now);
    this.#tokens += tokens;
  }

  amounts(now: number): DayAmounts {
    this.#turn(now);
    return { requests: this.#requests, tokens: this.#tokens };
  }

  /** The limits have changed: what was spent may not be. */
  changed(): void {
    this.#spent = NONE_SPENT;
    this.#version += 1;
  }

  /**
   * Until when a call may not go, milliseconds since the epoch; 0 if it may go now.
   * @param tokens What it is expected to take, with all calls in flight.
   */
  blockedUntil(limits: DayLimitAmounts, tokens: number, now: number): number {
    this.#turn(now);
    if (this.#fits(limits, tokens)) return 0;
    if (this.#isOver(limits, tokens)) return this.#endsAt;
    this.#missing = Math.max(this.#missing, tokens);
    this.#wanted?.();
    return Math.min(this.#endsAt, now + LOOK_AGAIN_MS);
  }

  /** When the day ends whose limits are used up; 0 where they are not. */
  spentUntil(limits: DayLimitAmounts, now: number): number {
    this.#turn(now);
    return this.#isOver(limits, 1) ? this.#endsAt : 0;
  }

  /** Which limit is used up, for people. */
  spent(limits: DayLimitAmounts): string {
    const { requestsPerDay, tokensPerDay } = limits;
    return this.#isOver({ requestsPerDay }, 0) ? `${requestsPerDay} requests` : `${tokensPerDay} tokens`;
  }

  /** More should be claimed. */
  isLow(limits: DayLimitAmounts): boolean {
    if (this.#claimed === undefined) return false;
    const { requests, tokens } = this.#latest;
    const requestsLeft = this.#claimed.requests - this.#requests;
    const tokensLeft = this.#claimed.tokens - this.#tokens;
    return (
      (limits.requestsPerDay !== undefined && !this.#spent.requests && requestsLeft < Math.max(1, requests * LOW)) ||
      (limits.tokensPerDay !== undefined &&
        !this.#spent.tokens &&
        tokensLeft < Math.max(1, this.#missing, tokens * LOW))
    );
  }

  want(limits: DayLimitAmounts, now: number): Omit<DayWant, 'account'> | undefined {
    this.#turn(now);
    if (this.#claimed === undefined || !this.isLow(limits)) return undefined;
    const tokens = Math.max(0, this.#tokens + this.#missing - this.#claimed.tokens);
    const needed = { requests: Math.max(0, this.#requests + 1 - this.#claimed.requests), tokens };
    return { day: this.#endsAt, limits, version: this.#version, claimed: this.#claimed, needed };
  }

  granted({ day, version, claimed, spent }: Omit<DayGrant, 'account'>, now: number): void {
    this.#turn(now);
    if (day !== this.#endsAt || this.#claimed === undefined) return;
    const { requests, tokens } = this.#claimed;
    this.#latest = { requests: claimed.requests - requests, tokens: claimed.tokens - tokens };
    this.#claimed = claimed;
    // Of greater limits something may be left.
    this.#spent = version === this.#version ? spent : NONE_SPENT;
    this.#missing = 0;
  }

  #fits({ requestsPerDay = Infinity, tokensPerDay = Infinity }: DayLimitAmounts, tokens: number): boolean {
    const claimed = this.#claimed ?? ALL;
    return (
      (requestsPerDay === Infinity || this.#requests + 1 <= Math.min(requestsPerDay, claimed.requests)) &&
      (tokensPerDay === Infinity || this.#tokens + tokens <= Math.min(tokensPerDay, claimed.tokens))
    );
  }

  /** Nothing is to be had any more before the day ends. */
  #isOver({ requestsPerDay = Infinity, tokensPerDay = Infinity }: DayLimitAmounts, tokens: number): boolean {
    const { requests: isAllClaimed, tokens: areAllClaimed } = this.#spent;
    const claimed = this.#claimed ?? ALL;
    const mostRequests = isAllClaimed ? Math.min(requestsPerDay, claimed.requests) : requestsPerDay;
    const mostTokens = areAllClaimed ? Math.min(tokensPerDay, claimed.tokens) : tokensPerDay;
    return this.#requests + 1 > mostRequests || this.#tokens + tokens > mostTokens;
  }

  #turn(now: number): void {
    const zone = this.zone();
    if (now < this.#endsAt && zone === this.#zone) return;
    const isNewDay = now >= this.#endsAt;
    this.#endsAt = dayEnd(zone, now);
    this.#zone = zone;
    if (isNewDay) this.#requests = this.#tokens = 0;
    if (this.#claimed !== undefined) this.#claimed = NOTHING;
    this.#latest = NOTHING;
    this.#spent = NONE_SPENT;
    this.#missing = 0;
  }
}
