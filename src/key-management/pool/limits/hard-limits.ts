import { MinuteWindow } from './minute-window';

/** The instances that share keys divide the stated limits: this instance is the `rank`-th of `count`, counted from 0. */
export interface Sharing {
  count: number;
  rank: number;
}

/** The weight of a call's tokens in the exponentially weighted mean of tokens per call. */
const LEARNING = 0.2;

/** Enforces the limits that the user states, over a sliding minute: they are never exceeded. The keys of a quota group share them. */
export class HardLimits {
  inFlight = 0;
  readonly #requests = new MinuteWindow();
  readonly #tokens = new MinuteWindow();
  /** The mean of what calls took lately: each call in flight is expected to take as much. */
  #tokensPerCall = 0;

  constructor(
    public limits: KeyLimits,
    private readonly sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {}

  get full(): boolean {
    if (this.inFlight >= this.#part(this.limits.concurrency)) return true;
    // A single call goes, whatever it may take.
    return this.inFlight > 0 && (this.inFlight + 1) * this.#tokensPerCall > this.#part(this.limits.tokensPerMinute);
  }

  taken(now: number): void {
    this.inFlight += 1;
    this.#requests.add(1, now);
  }

  /** Tokens that a call turned out to have used. */
  used(tokens: number, now: number): void {
    this.#tokens.add(tokens, now);
    this.#tokensPerCall += (tokens - this.#tokensPerCall) * (this.#tokensPerCall === 0 ? 1 : LEARNING);
  }

  /** Until when no further call may go, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(now: number): number {
    const { requestsPerMinute, tokensPerMinute } = this.limits;
    const blockedUntil = Math.max(
      this.#freeAt(this.#requests, requestsPerMinute, 0, now),
      this.#freeAt(this.#tokens, tokensPerMinute, this.inFlight * this.#tokensPerCall, now),
    );
    return blockedUntil > now ? blockedUntil : 0;
  }

  #freeAt(window: MinuteWindow, limit: number | undefined, expected: number, now: number): number {
    if (limit === undefined) return 0;
    const part = this.#part(limit);
    return part < 1 ? Infinity : window.freeAt(Math.max(0, part - 1 - expected), now);
  }

  /** This instance's part of a limit. */
  #part(limit: number | undefined): number {
    // What does not divide evenly goes to the later ones, so that the parts add up to the limit.
    return limit === undefined ? Infinity : Math.floor((limit + this.sharing.rank) / this.sharing.count);
  }
}

/** Limits that a user states for one key. They are hard: a key at its limit is not chosen. */
export interface KeyLimits {
  /** Calls in flight at once. */
  concurrency?: number;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
}
