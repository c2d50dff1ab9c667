import { AdaptiveConcurrency } from './adaptive-concurrency';
import type { RateLimitReading, Vendor } from '../../vendors/contract/vendor';
import { HeaderPace, type LimitKind } from './header-pace';
import { LearnedRate } from './learned-rate';

/** What a pool must know of its vendor to pace its keys. */
export type PacingProfile = Pick<Vendor, 'limitKind' | 'rateLimitScope' | 'readRateLimits'>;

/** How fast one key may be used in one lane; keys of one quota group share it. */
export class RateLimiter {
  inFlight = 0;
  #headers: HeaderPace | undefined;
  /** Where no header tells: learned from refusals. */
  #cap: AdaptiveConcurrency | undefined;
  #rate: LearnedRate | undefined;

  /** What the headers of an answer say is left. They are the better guide from then on. */
  observe(readings: readonly RateLimitReading[], kind: LimitKind, now: number): void {
    this.#headers ??= new HeaderPace(kind);
    this.#headers.observe(readings, now);
    this.#cap = undefined;
    this.#rate = undefined;
  }

  /** From when on one more call may go, milliseconds since the epoch; 0 for at once. */
  readyAt(now: number): number {
    if (this.#headers !== undefined) return this.#headers.readyAt(this.inFlight, now);
    return this.#rate === undefined ? 0 : this.#rate.readyAt(now);
  }

  /** Only for what the calls in flight may take, the next one must wait. */
  isBlockedByInFlightOnly(now: number): boolean {
    return this.inFlight > 0 && this.#headers !== undefined && this.#headers.readyAt(0, now) <= now;
  }

  /** No more calls fit beside those in flight. */
  get full(): boolean {
    return this.#cap !== undefined && this.inFlight >= this.#cap.value;
  }

  started(now: number): void {
    this.inFlight += 1;
    this.#rate?.started(now);
  }

  ended(): void {
    this.inFlight -= 1;
  }

  /** A call begun at `startedAt`, ended by now, was refused for its rate. */
  refused(startedAt: number, now: number): void {
    if (this.#headers !== undefined) return;
    this.#cap ??= new AdaptiveConcurrency();
    this.#cap.refused(this.inFlight + 1, startedAt, now);
    this.#rate ??= new LearnedRate();
    this.#rate.refused(startedAt, now);
  }

  succeeded(): void {
    this.#cap?.succeeded();
    this.#rate?.succeeded();
  }
}
