import { AdaptiveConcurrency } from './adaptive-concurrency';
import type { RateLimitReading } from '../../vendors/contract/rate-limits';
import type { Vendor } from '../../vendors/contract/vendor';
import { HeaderPace, type LimitKind } from './header-pace';
import { LearnedRate } from './learned-rate';

/** What a pool must know of its vendor to keep to the vendor's rate limits. */
export type RateLimitProfile = Pick<Vendor, 'limitKind' | 'rateLimitScope' | 'readRateLimits'>;

/** The rate limiter of one key for one model; the keys of a quota group share it. Headers are the better guide; without them refusals teach. */
export class RateLimiter {
  inFlight = 0;
  #headers: HeaderPace | undefined;
  /** Learned from refusals, where no header states a limit. */
  #cap: AdaptiveConcurrency | undefined;
  #rate: LearnedRate | undefined;

  /** Takes in what the headers of an answer say is left. From then on, what refusals taught does not count. */
  observe(readings: readonly RateLimitReading[], kind: LimitKind, now: number): void {
    this.#headers ??= new HeaderPace(kind);
    this.#headers.observe(readings, now);
    this.#cap = undefined;
    this.#rate = undefined;
  }

  /** Until when no further call may go, milliseconds since the epoch; 0 if one may go now. */
  blockedUntil(now: number): number {
    if (this.#headers !== undefined) return this.#headers.blockedUntil(this.inFlight, now);
    return this.#rate === undefined ? 0 : this.#rate.blockedUntil(now);
  }

  /** The next call must wait only for what the calls in flight may take. */
  isBlockedByInFlightOnly(now: number): boolean {
    return this.inFlight > 0 && this.#headers !== undefined && this.#headers.blockedUntil(0, now) <= now;
  }

  /** No further call fits beside those in flight. */
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
