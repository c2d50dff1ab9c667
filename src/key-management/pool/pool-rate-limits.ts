import type { KeyRecord } from './key/key-record';
import type { PoolLease } from './key-lease';
import type { Sharing } from './limits/hard-limits';
import type { HeaderView } from '../vendors/contract/vendor';
import type { ModelIndexes } from './selection/model-indexes';
import type { RateLimiter, RateLimitProfile } from './limits/rate-limiter';
import { QuotaGroups } from './quota-groups';

/** How fast the keys of one pool may be used: what the vendor tells, what refusals teach, and what the user allows. */
export class PoolRateLimits {
  readonly groups: QuotaGroups;
  /** What of the vendor paces the keys; without it only refusals and the user's limits do. */
  profile: (() => RateLimitProfile | undefined) | undefined;

  constructor(
    private readonly indexes: ModelIndexes,
    sharing: Readonly<Sharing>,
  ) {
    this.groups = new QuotaGroups(sharing);
  }

  /** Takes in an answer's headers. False if they say nothing. */
  answerSeen({ candidate: { record }, model }: PoolLease, headers: HeaderView, now: number): boolean {
    const profile = this.profile?.();
    const readings = profile?.readRateLimits(headers, now);
    if (!profile || !readings || readings.length === 0) return false;
    const perModel = profile.rateLimitScope === 'key_model';
    const rateLimiter = perModel ? this.#rateLimiterOf(record, model, now) : this.groups.rateLimiterOfKey(record);
    rateLimiter.observe(readings, profile.limitKind, now);
    return true;
  }

  started(record: KeyRecord, rateLimiter: RateLimiter | undefined, now: number): void {
    rateLimiter?.started(now);
    record.hardLimits?.taken(now);
  }

  /** A call begun at `startedAt` was refused for its rate. */
  refused({ candidate: { record }, model, startedAt }: PoolLease, now: number): void {
    this.#rateLimiterOf(record, model, now).refused(startedAt, now);
  }

  #rateLimiterOf(record: KeyRecord, model: string | undefined, now: number): RateLimiter {
    return this.groups.rateLimiterOf(record, model === undefined ? 0 : this.indexes.restricted(model, now).ordinal);
  }
}
