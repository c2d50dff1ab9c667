import type { KeyLimits } from './key-input';
import { MinuteWindow } from './minute-window';

/** The instances that share keys divide the stated limits: this one is the `rank`-th of `count`. */
export interface Sharing {
  count: number;
  rank: number;
}

/** Limits that the user states: never exceeded. Keys of one quota group share them. */
export class HardLimits {
  inFlight = 0;
  readonly #requests = new MinuteWindow();
  readonly #tokens = new MinuteWindow();

  constructor(
    public limits: KeyLimits,
    private readonly sharing: Readonly<Sharing> = { count: 1, rank: 0 },
  ) {}

  get full(): boolean {
    return this.inFlight >= this.#part(this.limits.concurrency);
  }

  taken(now: number): void {
    this.inFlight += 1;
    this.#requests.add(1, now);
  }

  /** Tokens that a call turned out to have used. */
  used(tokens: number, now: number): void {
    this.#tokens.add(tokens, now);
  }

  /** From when on one more call may go, milliseconds since the epoch; 0 for at once. */
  readyAt(now: number): number {
    const { requestsPerMinute, tokensPerMinute } = this.limits;
    const readyAt = Math.max(
      this.#freeAt(this.#requests, requestsPerMinute, now),
      this.#freeAt(this.#tokens, tokensPerMinute, now),
    );
    return readyAt > now ? readyAt : 0;
  }

  #freeAt(window: MinuteWindow, limit: number | undefined, now: number): number {
    if (limit === undefined) return 0;
    const part = this.#part(limit);
    return part < 1 ? Infinity : window.freeAt(part - 1, now);
  }

  /** This instance's part of a limit. */
  #part(limit: number | undefined): number {
    // What does not divide evenly goes to the later ones, so that the parts add up to the limit.
    return limit === undefined ? Infinity : Math.floor((limit + this.sharing.rank) / this.sharing.count);
  }
}
