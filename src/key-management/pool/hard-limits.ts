import type { KeyLimits } from './key-input';
import { MinuteWindow } from './minute-window';

/** Limits that the user states: never exceeded. Keys of one quota group share them. */
export class HardLimits {
  inFlight = 0;
  readonly #requests = new MinuteWindow();
  readonly #tokens = new MinuteWindow();
  /** This instance's part of the limits, 0..1: instances that share keys divide them. */
  share = 1;

  constructor(public limits: KeyLimits) {}

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
    const requests =
      requestsPerMinute === undefined ? 0 : this.#requests.freeAt(this.#part(requestsPerMinute) - 1, now);
    const tokens = tokensPerMinute === undefined ? 0 : this.#tokens.freeAt(this.#part(tokensPerMinute) - 1, now);
    const readyAt = Math.max(requests, tokens);
    return readyAt > now ? readyAt : 0;
  }

  #part(limit: number | undefined): number {
    return limit === undefined ? Infinity : limit * this.share;
  }
}
