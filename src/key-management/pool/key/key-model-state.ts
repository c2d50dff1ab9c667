import type { Cooldown, FailureStreak } from './key-state';
import type { KeyRecord } from './key-record';
import type { RateLimiter } from '../limits/rate-limiter';
import type { Timed } from '../../common/time-heap';
import { trialEndsAt, type OnTrial, type Trial } from './trial';

/**
 * Where a key stands in a index. `rate_limited_locally`: waits for what its calls in flight may take, or for its trial, and is free sooner if they take
 * less, or the trial is accepted.
 * `out`: removed, disabled, or not for the index's model.
 */
export type Availability = 'eligible' | 'busy' | 'cooling_down' | 'rate_limited_locally' | 'unchecked' | 'out';

/** One key in one index. */
export class KeyModelState implements Timed, OnTrial {
  inFlight = 0;
  trial: Trial = 'none';
  trialSince = 0;
  failureStreak: FailureStreak | undefined = undefined;
  /** How fast the key may be used for this index's model; made when a vendor first tells or refuses. */
  rateLimiter: RateLimiter | undefined = undefined;
  availability: Availability = 'out';

  /** Place among the index's eligible keys. */
  position = -1;
  until = 0;
  heapIndex = -1;
  /** Until when the key cools down for this index's model alone. Milliseconds since the epoch. */
  cooldownUntil = 0;
  /** Why it cools down until then. */
  cooldown: Cooldown | undefined = undefined;

  constructor(readonly record: KeyRecord) {}

  /** From when on one more call fits into what vendor, user and a running trial allow, milliseconds since the epoch; 0 for at once. */
  blockedUntil(now: number): number {
    const { hardLimits } = this.record;
    let paced = this.rateLimiter === undefined ? 0 : this.rateLimiter.blockedUntil(now);
    if (this.onTrial) paced = Math.max(paced, this.#trialEndsAt);
    return hardLimits === undefined ? paced : Math.max(paced, hardLimits.blockedUntil(now));
  }

  /** Nothing but the calls in flight keeps the next one waiting. */
  isBlockedByInFlightOnly(now: number): boolean {
    const { record, rateLimiter } = this;
    if (this.cooldownUntil > now || record.unavailableUntil > now) return false;
    if (record.hardLimits !== undefined && record.hardLimits.blockedUntil(now) > now) return false;
    return rateLimiter === undefined || rateLimiter.blockedUntil(now) <= now ? this.#trialEndsAt > now : rateLimiter.isBlockedByInFlightOnly(now);
  }

  get #trialEndsAt(): number {
    return Math.max(trialEndsAt(this), trialEndsAt(this.record));
  }

  /** A call in flight is the first after a cooldown. */
  get onTrial(): boolean {
    return this.trial === 'running' || this.record.trial === 'running';
  }

  get busy(): boolean {
    const { record } = this;
    return (this.rateLimiter?.full ?? false) || (record.hardLimits?.full ?? false);
  }
}
