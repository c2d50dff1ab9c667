import type { TokenBooking } from '../../vendors/contract/profile';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import type { Vendor } from '../../vendors/contract/vendor';
import { AdaptiveConcurrency } from './adaptive-concurrency';
import type { ExceededLimit, ExpectedTokens } from './expected-tokens';
import { HeaderPace } from './header-pace';
import { LearnedRate, type LearnedFigures } from './learned-rate';
import type { LimitKind } from './limit-kind';
import type { Meter } from './meter';
import type { PriorRates } from './prior-rates';
import type { RefusalCost } from './refusal-cost';
import { cleared, newSentCall, type SentCall } from './sent-call';

/** What a pool must know of its vendor to keep to the vendor's rate limits. */
export type RateLimitProfile = Pick<Vendor, 'limitKind' | 'rateLimitScope' | 'readRateLimits'> &
  Partial<
    Pick<
      Vendor,
      | 'tokenBooking'
      | 'booksCachedInput'
      | 'accountHeaders'
      | 'accountInText'
      | 'accountInHost'
      | 'baseUrl'
      | 'dayTimeZone'
    >
  >;

/** What is known of the rates of other accounts for the same model. */
export interface Priors {
  readonly requests: PriorRates;
  readonly tokens: PriorRates;
  readonly cost: RefusalCost;
}

/** What a refusal says of the limit that was met. */
export interface RateRefusal {
  /** The call as it was booked; undefined where it was sent before anything was known. */
  readonly call: SentCall | undefined;
  /** When it was sent; milliseconds since the epoch. */
  readonly sentAt: number;
  /** What it was expected to take. */
  readonly tokens: ExpectedTokens | undefined;
  /** Milliseconds until such a call would fit; undefined where nothing was stated. */
  readonly waitMs: number | undefined;
  /** What the limit counts, where the vendor's words say it. */
  readonly dimension: 'requests' | 'tokens' | undefined;
}

/** A rate that was learned of an account: from refusals, or from headers. */
export interface LearnedLimit extends LearnedFigures {
  readonly dimension: 'requests' | 'tokens';
  /** What headers say that a bucket holds; left out of what refusals taught. */
  readonly capacity?: number;
}

const MINUTE_MS = 60_000;
/** An instance without a part of the account looks again after this time: parts are given within a second. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** Refusals in spite of headers, relative to good answers, from which on headers are not believed alone. */
const DISTRUST = 0.06;
const DISTRUST_LEARNING = 0.05;
/** Calls whose sizes differ by more are limited by tokens rather than by their number, where nothing tells. */
const VARIED = 1.5;
const LEARNING = 0.2;

/** The rate limiter of one account for one model. Headers are the better guide; without them, or where they lie, refusals teach. */
export class RateLimiter {
  inFlight = 0;
  /** Calls other than that of this holder pass the account over. */
  keptFor: object | undefined = undefined;
  /** How much headers are not to be believed. 0..1 */
  #distrust = 0;
  /** When headers first stated something; milliseconds since the epoch. */
  #knownSince = Infinity;
  #headers: HeaderPace | undefined;
  /** Learned from refusals, where no header states a limit. */
  #cap: AdaptiveConcurrency | undefined;
  #requests: LearnedRate | undefined;
  #tokens: LearnedRate | undefined;
  #requestsSoFar = 0;
  #tokensSoFar = 0;
  /** The mean of what calls took, and the least and the most that they were expected to take; tokens. */
  #usual = 0;
  #smallest = Infinity;
  #largest = 0;
  #part = 1;
  /** The booking of a call that is over, for the next one. */
  #spare: SentCall | undefined;

  constructor(private readonly priors?: Priors) {}

  /**
   * Takes in what the headers of an answer say is left. From then on, what refusals taught does not count. True if other instances are to hear of it: a
   * limit became known, or is another one.
   * @param asOf When the vendor counted it.
   */
  observe(
    readings: readonly RateLimitReading[],
    kind: LimitKind,
    asOf: number,
    now: number,
    booking: TokenBooking = 'input_and_max_output',
    call?: SentCall,
  ): boolean {
    return this.#statedBy(kind, booking, now).observe(readings, asOf, now, call);
  }

  #statedBy(kind: LimitKind, booking: TokenBooking | undefined, now: number): HeaderPace {
    if (this.#headers !== undefined) return this.#headers;
    this.#headers = new HeaderPace(kind, booking);
    this.#knownSince = now;
    if (this.#part < 1) this.#headers.divide(this.#part, 0, now);
    this.#cap = undefined;
    this.#requests = this.#tokens = undefined;
    return this.#headers;
  }

  /** A call that was sent then was let through by what headers state. @param at Milliseconds since the epoch. */
  knewAt(at: number): boolean {
    return at >= this.#knownSince;
  }

  get hasHeaders(): boolean {
    return this.#headers !== undefined;
  }

  /** Something bounds the calls, and how much is known: instances that share the account divide it. */
  get isLimited(): boolean {
    return this.#headers !== undefined || this.#learned.some(({ rate }) => rate.isKnown);
  }

  /** The rates that this instance has learned itself: from headers, or where they state none, from refusals. */
  get learned(): readonly LearnedLimit[] {
    if (this.#headers === undefined)
      return this.#learned.flatMap(({ dimension, rate }) =>
        rate.isKnown && !rate.wasTold ? [{ dimension, ...rate.figures }] : [],
      );
    return this.meters.flatMap(({ dimension, tells, perMinute, capacity }) =>
      tells && (dimension === 'requests' || dimension === 'tokens')
        ? [{ dimension, perMs: perMinute / MINUTE_MS, calls: 0, capacity }]
        : [],
    );
  }

  /** What a call takes of each rate that bounds them, and what goes in a minute. */
  get rates(): readonly { readonly perMinute: number; readonly usual: number }[] {
    if (this.#headers !== undefined) return this.meters;
    return this.#learned.flatMap(({ dimension, rate }) =>
      rate.isKnown ? [{ perMinute: rate.perMs * MINUTE_MS, usual: dimension === 'requests' ? 1 : this.#usual }] : [],
    );
  }

  /** What headers state, by dimension; empty where they state nothing. */
  get meters(): readonly Meter[] {
    return this.#headers?.meters ?? [];
  }

  get part(): number {
    return this.#part;
  }

  /** How much of what the limits allow was asked for lately: 1 is all of it. @param usedSince Since when calls come; milliseconds since the epoch. */
  wanted(now: number, usedSince: number): number {
    if (this.#headers !== undefined) return this.#headers.wanted(now, usedSince);
    return Math.max(0, ...this.#learned.map(({ rate }) => rate.wanted(now)));
  }

  /** When the first call was sent under what headers state; Infinity before. Milliseconds since the epoch. */
  get usedSince(): number {
    return this.#headers?.usedSince ?? Infinity;
  }

  /** How long it takes to refill what is left now of what headers state; milliseconds, 0 where they state nothing. */
  stockMs(now: number): number {
    return this.#headers?.stockMs(now) ?? 0;
  }

  /** How much of the limits is used and not refilled yet, by calls of this instance. 0..1 */
  bound(now: number): number {
    return this.#headers?.bound(now) ?? 0;
  }

  /** The limits that headers state, by dimension. */
  get stated(): readonly { readonly dimension: Meter['dimension']; readonly limit: number }[] {
    return this.meters.flatMap(({ dimension, limit }) => (limit < Infinity ? [{ dimension, limit }] : []));
  }

  /** How many calls of other keys the vendor must have counted by then, and how much more is left than they would have left. */
  surplusFor(
    key: object,
    readings: readonly RateLimitReading[],
    countedAt: number,
  ): { readonly siblingCalls: number; readonly surplus: number } | undefined {
    return this.#headers?.surplusFor(key, readings, countedAt);
  }

  /** Tokens count: what calls used is to be reported. */
  get countsTokens(): boolean {
    return this.#tokens !== undefined || (this.#headers?.countsTokens ?? false);
  }

  /** Until when no call may go, however small, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(now: number): number {
    const stated = this.#headers === undefined ? 0 : this.#headers.blockedUntil(now);
    if (this.#headers !== undefined && this.#distrust < DISTRUST) return stated;
    return Math.max(stated, this.#learnedUntil(undefined, now, true));
  }

  /** Until when such a call does not fit, milliseconds since the epoch; 0 if it fits now. */
  blockedFor(tokens: ExpectedTokens | undefined, now: number): number {
    const stated = this.#headers === undefined ? 0 : this.#headers.blockedUntil(now, tokens, false);
    if (this.#headers !== undefined && this.#distrust < DISTRUST) return stated;
    return Math.max(stated, this.#learnedUntil(tokens, now, false));
  }

  /** Whether two such calls fit now, as far as headers tell. */
  hasRoomForTwo(tokens: ExpectedTokens | undefined, now: number): boolean {
    return this.meters.every((meter) => !meter.isKnown || meter.leftAt(now) >= 2 * meter.needed(tokens));
  }

  /** The next call must wait only for what the calls in flight may take. */
  isBlockedByInFlightOnly(now: number): boolean {
    if (this.#headers === undefined || (this.inFlight === 0 && this.#part > 0)) return false;
    if (this.#distrust >= DISTRUST && this.#learnedUntil(undefined, now, true) > now) return false;
    return this.#headers.isBlockedByInFlightOnly(now);
  }

  /** No further call fits beside those in flight. */
  get full(): boolean {
    return this.#cap !== undefined && this.inFlight >= this.#cap.value;
  }

  excess(tokens: ExpectedTokens): ExceededLimit | undefined {
    return this.#headers?.excess(tokens);
  }

  /** Notes what a call asks for. */
  asked(tokens: ExpectedTokens): void {
    const total = tokens.input + tokens.output;
    if (total < this.#smallest) this.#smallest = total;
    if (total > this.#largest) this.#largest = total;
    this.#headers?.asked(tokens);
  }

  /** A call is sent. */
  started(tokens: ExpectedTokens | undefined, now: number, key?: object): SentCall {
    this.inFlight += 1;
    const total = this.#sizeOf(tokens);
    this.#requestsSoFar += 1;
    this.#tokensSoFar += total;
    const call = this.#spare ?? newSentCall();
    this.#spare = undefined;
    call.at = now;
    call.key = key;
    call.tokens = tokens;
    call.requestsSoFar = this.#requestsSoFar;
    call.tokensSoFar = this.#tokensSoFar;
    if (tokens !== undefined) this.asked(tokens);
    this.#headers?.started(call, now);
    this.#requests?.started(1, now);
    this.#tokens?.started(total, now);
    return call;
  }

  /** A call ended; where its answer was good, its booking may be used for another call. @param wasGood Its answer was. */
  ended(call: SentCall | undefined, wasGood: boolean, now: number): void {
    this.inFlight -= 1;
    if (wasGood) {
      this.#cap?.succeeded();
      this.#distrust -= this.#distrust * DISTRUST_LEARNING;
    }
    const isOver = call?.pace?.ended(call, wasGood, now) ?? false;
    if (isOver && wasGood) this.#spare = cleared(call!);
  }

  /** What a call used so far. */
  used(call: SentCall | undefined, tokens: ExpectedTokens, now: number): void {
    const total = tokens.input + tokens.output;
    if (total > 0) this.#usual = this.#usual === 0 ? total : this.#usual + (total - this.#usual) * LEARNING;
    call?.pace?.used(call, tokens, now);
  }

  /** A call was refused for its rate. True if it shows a limit for the first time, and how high that is. */
  refused({ call, sentAt, tokens, waitMs, dimension }: RateRefusal, now: number): boolean {
    const wasLimited: boolean = this.isLimited;
    if (tokens !== undefined) this.asked(tokens);
    if (this.#headers !== undefined) this.#distrust += (1 - this.#distrust) * DISTRUST_LEARNING;
    else {
      this.#cap ??= new AdaptiveConcurrency();
      this.#cap.refused(this.inFlight + 1, sentAt, now);
    }
    const isOfTokens = dimension === undefined ? this.#isVaried : dimension === 'tokens' && this.#largest > 0;
    const rate = this.#rateOf(isOfTokens ? 'tokens' : 'requests', now);
    const priors = isOfTokens ? this.priors?.tokens : this.priors?.requests;
    const soFar = isOfTokens ? (call?.tokensSoFar ?? this.#tokensSoFar) : (call?.requestsSoFar ?? this.#requestsSoFar);
    rate.refused(
      {
        sentAt,
        size: isOfTokens ? this.#sizeOf(tokens) : 1,
        soFar,
        callsSoFar: call?.requestsSoFar ?? this.#requestsSoFar,
        waitMs,
      },
      now,
    );
    if (rate.isMeasured) priors?.learned(this, rate.perMs);
    return !wasLimited && rate.isKnown;
  }

  /** Another instance has learned this rate of the same account. What headers state is the better guide. */
  told({ dimension, perMs, calls, capacity }: LearnedLimit, now: number, booking?: TokenBooking): void {
    if (capacity !== undefined) {
      this.#statedBy('token_bucket', booking, now).told(dimension, { capacity, perMs }, now);
      return;
    }
    if (this.#headers !== undefined) return;
    const rate = this.#rateOf(dimension, now);
    rate.told({ perMs, calls }, now);
    if (rate.isMeasured) this.priors?.[dimension].learned(this, rate.perMs);
  }

  /** Sets this instance's part of the limits; `level` of what is gained of what headers state is full. */
  divide(part: number, level: number, now: number): void {
    this.#part = part;
    this.#headers?.divide(part, level, now);
    for (const { rate } of this.#learned) rate.divide(part, now);
  }

  /** Takes over the calls of another limiter of the same account. */
  absorb(other: RateLimiter, now: number): void {
    if (other.#headers === undefined) return;
    if (this.#headers === undefined) {
      this.#headers = other.#headers;
      this.divide(this.#part, 0, now);
    } else this.#headers.absorb(other.#headers, now);
  }

  get #learned(): readonly { readonly dimension: LearnedLimit['dimension']; readonly rate: LearnedRate }[] {
    const learned: { dimension: LearnedLimit['dimension']; rate: LearnedRate }[] = [];
    if (this.#requests !== undefined) learned.push({ dimension: 'requests', rate: this.#requests });
    if (this.#tokens !== undefined) learned.push({ dimension: 'tokens', rate: this.#tokens });
    return learned;
  }

  #rateOf(dimension: LearnedLimit['dimension'], now: number): LearnedRate {
    const known = dimension === 'tokens' ? this.#tokens : this.#requests;
    if (known !== undefined) return known;
    const rate = new LearnedRate(this.priors?.[dimension], this.priors?.cost);
    rate.divide(this.#part, now);
    if (dimension === 'tokens') this.#tokens = rate;
    else this.#requests = rate;
    return rate;
  }

  get #isVaried(): boolean {
    return this.#largest > this.#smallest * VARIED;
  }

  #sizeOf(tokens: ExpectedTokens | undefined): number {
    return tokens === undefined ? this.#usual : tokens.input + tokens.output;
  }

  #learnedUntil(tokens: ExpectedTokens | undefined, now: number, isLeast: boolean): number {
    if (this.#part <= 0 && this.isLimited) return now + LOOK_AGAIN_MS;
    const requests = this.#requests === undefined ? 0 : this.#requests.blockedUntil(1, now);
    if (this.#tokens === undefined) return requests;
    const size =
      isLeast && tokens === undefined ? Math.min(this.#smallest, this.#usual || Infinity) : this.#sizeOf(tokens);
    return Math.max(requests, this.#tokens.blockedUntil(size, now));
  }
}
