import type { KeyRecord } from './key/key-record';
import type { PoolLease } from './key-lease';
import type { Sharing } from './limits/hard-limits';
import type { HeaderView } from '../vendors/contract/vendor';
import type { ModelIndexes } from './selection/model-indexes';
import type { RateLimiter, PacingProfile } from './limits/rate-limiter';
import { QuotaGroups } from './quota-groups';

/** How fast the keys of one pool may be used: what the vendor tells, what refusals teach, and what the user allows. */
export class PoolPacing {
  readonly groups: QuotaGroups;
  /** What of the vendor paces the keys; without it only refusals and the user's limits do. */
  profile: (() => PacingProfile | undefined) | undefined;

  constructor(
    private readonly lanes: ModelIndexes,
    sharing: Readonly<Sharing>,
  ) {
    this.groups = new QuotaGroups(sharing);
  }

  /** Takes in an answer's headers. False if they say nothing. */
  answerSeen({ slot: { record }, model }: PoolLease, headers: HeaderView, now: number): boolean {
    const profile = this.profile?.();
    const readings = profile?.readRateLimits(headers, now);
    if (!profile || !readings || readings.length === 0) return false;
    const perModel = profile.rateLimitScope === 'key_model';
    const pace = perModel ? this.#paceOf(record, model, now) : this.groups.paceOfKey(record);
    pace.observe(readings, profile.limitKind, now);
    return true;
  }

  started(record: KeyRecord, pace: RateLimiter | undefined, now: number): void {
    pace?.started(now);
    record.hardLimits?.taken(now);
  }

  /** A call begun at `startedAt` was refused for its rate. */
  refused({ slot: { record }, model, startedAt }: PoolLease, now: number): void {
    this.#paceOf(record, model, now).refused(startedAt, now);
  }

  #paceOf(record: KeyRecord, model: string | undefined, now: number): RateLimiter {
    return this.groups.paceOf(record, model === undefined ? 0 : this.lanes.restricted(model, now).index);
  }
}
