/** The calls at once that an account of which nothing is known is met with. */
const FEW = 2;
/** Every good answer doubles them, and so does this time without a refusal. Milliseconds. */
const DOUBLING_MS = 100;
/** From then on nothing bounds them. Doublings. */
const ENOUGH = 8;
/** An account that was not used for this long is met anew: its limits may have changed. Milliseconds. */
export const LONG_PAUSE_MS = 60_000;

/**
 * The accounts that are being met: of which nothing is known yet, or no more after a long pause. They get a few calls at first, so that a queue of a
 * thousand calls does not meet a limit of ten at once.
 */
export class FirstContacts<Account extends object> {
  /** When each was met, moved back with every good answer; milliseconds since the epoch. */
  readonly #since = new Map<Account, number>();
  #endsAt = 0;

  /** Some account is being met, so that calls may have to wait. */
  isMeeting(now: number): boolean {
    if (this.#since.size === 0) return false;
    if (now < this.#endsAt) return true;
    this.#since.clear();
    return false;
  }

  begins(account: Account, now: number): void {
    this.#since.set(account, now);
    this.#endsAt = now + ENOUGH * DOUBLING_MS;
  }

  /** An account has answered well. True if it may be used more than before. */
  answered(account: Account): boolean {
    if (this.#since.size === 0) return false;
    const since = this.#since.get(account);
    if (since === undefined) return false;
    this.#since.set(account, since - DOUBLING_MS);
    return true;
  }

  /** Its limits are known, or it was refused: what is known of them bounds it from now on. */
  ends(account: Account): void {
    this.#since.delete(account);
  }

  /** Until when no further call may go beside those in flight, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(account: Account, inFlight: number, now: number): number {
    const since = this.#since.get(account);
    if (since === undefined || inFlight < FEW) return 0;
    const allowedFrom = since + Math.ceil(Math.log2((inFlight + 1) / FEW)) * DOUBLING_MS;
    return Math.min(allowedFrom, since + ENOUGH * DOUBLING_MS) > now ? allowedFrom : 0;
  }
}
