import type { ExpectedTokens } from './expected-tokens';
import { MinuteWindow } from './minute-window';

/** The instances that share keys divide the stated limits: this instance is the `rank`-th of `count`, counted from 0. */
export interface Sharing {
  count: number;
  rank: number;
}

/** The weight of a call's tokens in the exponentially weighted mean of tokens per call. */
const LEARNING = 0.2;
/** An instance without a part of a limit looks again after this time: parts are given within a second. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** What a part lacks of a whole unit by less than a rounding error is a whole unit. */
const ROUNDING = 1e-9;

/** Enforces the limits that the user states, over a sliding minute: they are never exceeded. The keys of a quota group share them. */
export class HardLimits {
  inFlight = 0;
  /** Calls other than that of this holder pass the account over. */
  keptFor: object | undefined = undefined;
  #limits: KeyLimits;
  #part = 1;
  /** This instance's parts of the limits. */
  #concurrencyPart = Infinity;
  #requestsPart = Infinity;
  #tokensPart = Infinity;
  #awaitsPart = false;
  readonly #requests = new MinuteWindow();
  readonly #tokens = new MinuteWindow();
  /** The mean of what calls took lately: each call in flight of which nobody said what it takes is expected to take as much. */
  #tokensPerCall = 0;
  /** What calls in flight are expected to take, where somebody said, and the number of the others. */
  #reserved = 0;
  #unknown = 0;

  constructor(
    limits: KeyLimits,
    private readonly sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {
    this.#limits = limits;
    this.#divide();
  }

  get limits(): KeyLimits {
    return this.#limits;
  }

  set limits(limits: KeyLimits) {
    this.#limits = limits;
    this.#divide();
  }

  /** This instance's part of the limits, where instances divide them. 0..1; parts hold whole calls and tokens. */
  get part(): number {
    return this.#part;
  }

  set part(part: number) {
    this.#part = part;
    this.#divide();
  }

  /** No call fits beside those in flight. */
  get full(): boolean {
    const { inFlight } = this;
    if (inFlight >= this.#concurrencyPart) return inFlight > 0 || !this.#awaitsPart;
    // A single call goes, whatever it may take.
    return inFlight > 0 && this.#expected + this.#tokensPerCall > this.#tokensPart;
  }

  /** This instance has no part of some limit, and may be given one at any moment. */
  get awaitsPart(): boolean {
    return this.#awaitsPart;
  }

  /** A call begins, and reserves what it is expected to take until `used` or `released`. */
  taken(now: number, tokens?: ExpectedTokens): void {
    this.inFlight += 1;
    this.#requests.add(1, now);
    if (tokens === undefined) this.#unknown += 1;
    else this.#reserved += tokens.input + tokens.output;
  }

  /** Gives back what a call reserved, once. */
  released(tokens: ExpectedTokens | undefined): void {
    if (tokens === undefined) this.#unknown -= 1;
    else this.#reserved -= tokens.input + tokens.output;
  }

  /** Tokens that a call turned out to have used. @param isAll Whether it is all that the call took, from which the mean is learned. */
  used(tokens: number, now: number, isAll = true): void {
    this.#tokens.add(tokens, now);
    if (isAll) this.#tokensPerCall += (tokens - this.#tokensPerCall) * (this.#tokensPerCall === 0 ? 1 : LEARNING);
  }

  /** Until when no further call may go, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(now: number): number {
    if (this.#awaitsPart) return now + LOOK_AGAIN_MS;
    const requestsAt = freeAt(this.#requests, this.#requestsPart, 1, now);
    const tokensAt = freeAt(this.#tokens, this.#tokensPart, 1 + this.#expected, now);
    const blockedUntil = requestsAt > tokensAt ? requestsAt : tokensAt;
    return blockedUntil > now ? blockedUntil : 0;
  }

  /** Until when a call that takes so much does not fit, milliseconds since the epoch; 0 if it fits now, Infinity if it never does. */
  blockedFor({ input, output }: ExpectedTokens, now: number): number {
    const { tokensPerMinute } = this.limits;
    const size = input + output;
    const blockedUntil = this.blockedUntil(now);
    if (tokensPerMinute === undefined) return blockedUntil;
    if (size > tokensPerMinute) return Infinity;
    // Where instances have a part each, the others may have what is missing.
    if (size > this.#tokensPart) return Math.max(blockedUntil, now + LOOK_AGAIN_MS);
    const fitsAt = freeAt(this.#tokens, this.#tokensPart, size + this.#expected, now);
    const inFlightAt = size + this.#expected > this.#tokensPart ? now + LOOK_AGAIN_MS : 0;
    const at = Math.max(blockedUntil, fitsAt, inFlightAt);
    return at > now ? at : 0;
  }

  /** How much of each limit is used, at most: what cannot be given to another instance yet. 0..1 and more */
  bound(now: number): number {
    const { concurrency = Infinity, requestsPerMinute = Infinity, tokensPerMinute = Infinity } = this.limits;
    return Math.max(
      this.inFlight / concurrency,
      this.#requests.used(now) / requestsPerMinute,
      (this.#tokens.used(now) + this.#expected) / tokensPerMinute,
    );
  }

  get #expected(): number {
    return this.#reserved + this.#unknown * this.#tokensPerCall;
  }

  /** What calls of this instance used within the minute before `now`. */
  usedInMinute(now: number): { readonly requests: number; readonly tokens: number } {
    return { requests: this.#requests.used(now), tokens: this.#tokens.used(now) };
  }

  /** Whether two such calls fit beside those in flight. */
  hasRoomForTwo(tokens: ExpectedTokens | undefined, now: number): boolean {
    const size = tokens === undefined ? this.#tokensPerCall : tokens.input + tokens.output;
    const needed = 2 * size + this.#expected;
    return (
      this.inFlight + 2 <= this.#concurrencyPart &&
      needed <= this.#tokensPart &&
      freeAt(this.#requests, this.#requestsPart, 2, now) <= now &&
      freeAt(this.#tokens, this.#tokensPart, needed, now) <= now
    );
  }

  #divide(): void {
    const { concurrency, requestsPerMinute, tokensPerMinute } = this.#limits;
    this.#concurrencyPart = this.#partOf(concurrency);
    this.#requestsPart = this.#partOf(requestsPerMinute);
    this.#tokensPart = this.#partOf(tokensPerMinute);
    const isLess = (limit = 0): boolean => limit > 0 && this.#partOf(limit) < 1;
    this.#awaitsPart = this.#part !== 1 && [concurrency, requestsPerMinute, tokensPerMinute].some(isLess);
  }

  /** This instance's part of a limit. */
  #partOf(limit: number | undefined): number {
    if (limit === undefined) return Infinity;
    const part = this.#part === 1 ? limit : Math.floor(limit * this.#part + ROUNDING);
    // What does not divide evenly goes to the later ones, so that the parts add up to the limit.
    return Math.floor((part + this.sharing.rank) / this.sharing.count);
  }
}

/** When so much fits into this instance's part of a limit; `now` if that is so already, Infinity where it has no part. */
function freeAt(window: MinuteWindow, part: number, needed: number, now: number): number {
  if (part === Infinity) return 0;
  return part < 1 ? Infinity : window.freeAt(Math.max(0, part - needed), now);
}

/** Limits that a user states for one key. They are hard: a key at its limit is not chosen. */
export interface KeyLimits {
  /** Calls in flight at once. */
  concurrency?: number;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  /** Calls in the vendor's day, counted over all instances and restarts. */
  requestsPerDay?: number;
  /** Tokens in the vendor's day, counted from the answers. */
  tokensPerDay?: number;
}
