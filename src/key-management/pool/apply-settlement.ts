import { CONSEQUENCES, type Outcome } from '../vendors/contract/outcome';
import { learnRate, type PoolMean } from './selection/choice';
import { scopeOf, statedUntilOf, type CooldownScope } from './state/cooldown';
import {
  type Cooldown,
  type CooledBy,
  HEALTHY,
  isRemoved,
  isCoolingDown,
  type CooldownState,
  type KeyState,
  type FailureStreak,
} from './key/key-state';
import type { ChangedBy } from './key-events';
import type { PoolLease } from './key-lease';
import type { KeyRecord } from './key/key-record';
import type { Settlement, Why } from './state/settlement';
import type { PoolRateLimits } from './pool-rate-limits';
import { laterCooldown, cooldownEnd, nextFailureStreak, transition } from './state/transition';
import { endTrial } from './key/trial';

/** The part of a pool that a verdict works on. */
export interface VerdictTarget {
  setState(record: KeyRecord, state: KeyState, by: ChangedBy, why?: Why): void;
  coolDown(record: KeyRecord, scope: CooldownScope, cooldown: Cooldown, by: ChangedBy, why?: CooledBy): void;
  failureStreakOf(record: KeyRecord, scope: CooldownScope): FailureStreak | undefined;
  siblings(record: KeyRecord): Iterable<KeyRecord>;
  readonly rateLimits: PoolRateLimits;
}

/** Books a settled call. Only what speaks of the key counts against it. */
export function countCall(
  { candidate, startedAt, trial, wasAccepted }: PoolLease,
  { outcome, withheld }: Settlement,
  mean: PoolMean,
  now: number,
): void {
  const { record } = candidate;
  const ok = outcome === 'ok';
  candidate.inFlight -= 1;
  record.inFlight -= 1;
  candidate.rateLimiter?.ended();
  if (record.hardLimits) record.hardLimits.inFlight -= 1;
  if (trial && !wasAccepted) endTrial(candidate, startedAt, ok);
  const took = now - startedAt;
  record.countUsage(outcome, took);
  if (ok) {
    record.successCount += 1;
    record.wentWell(now, took);
    learnRate(record, mean, true, now);
    candidate.rateLimiter?.succeeded();
    return;
  }
  if (withheld !== true) countRefusal(record, outcome, mean, now);
}

/** Only a failure that is the key's own, or nobody's, counts against it. */
export function countRefusal(record: KeyRecord, outcome: Outcome, mean: PoolMean, now: number): void {
  const { fault } = CONSEQUENCES[outcome];
  if (fault !== 'key' && fault !== 'unknown') return;
  record.errorCount += 1;
  learnRate(record, mean, false, now);
}

/** Does to the key, for one model or as a whole, what the settled lease says of it. */
export function applyVerdict(pool: VerdictTarget, lease: PoolLease, settlement: Settlement, now: number): void {
  const { candidate, source, startedAt } = lease;
  const { record } = candidate;
  if (source === 'call') {
    if (settlement.outcome === 'rate_limited') pool.rateLimits.refused(lease, now);
    if (settlement.outcome === 'ok') {
      if (candidate.failureStreak !== undefined && startedAt > candidate.failureStreak.lastAt) candidate.failureStreak = undefined;
      if (record.failureStreak === undefined && record.state === HEALTHY) return;
    } else if (coolDownAPart(pool, lease, settlement, now)) return;
  }
  const { state, failureStreak } = transition(record.state, settlement, { source, now, startedAt, failureStreak: record.failureStreak });
  record.failureStreak = failureStreak;
  // A probe that said nothing on the key does not explain why it is away.
  const silent = settlement.keyAction === 'keep' && isRemoved(state);
  const why = silent ? { outcome: record.outcome ?? settlement.outcome, reason: record.reason } : settlement;
  pool.setState(record, state, source, why);
  if (isCoolingDown(state) && failureStreak && settlement.outcome === 'rate_limited') {
    // For as long as this refusal asks: the key itself may rest longer, for a reason that is its own.
    const until = cooldownEnd(settlement, failureStreak, now, true);
    const statedUntil = statedUntilOf(settlement, until, now);
    coolDownSiblings(
      pool,
      record,
      { status: 'rate_limited', until, ...(statedUntil > 0 && { statedUntil }) },
      source,
      settlement,
    );
  }
}

/** A refusal that speaks of one model or endpoint cools the key down for that. False where it speaks of the whole key. */
function coolDownAPart(pool: VerdictTarget, lease: PoolLease, settlement: Settlement, now: number): boolean {
  if (settlement.keyAction !== 'cool_down') return false;
  const scope = scopeOf(settlement, lease);
  if (scope === undefined || scope === 'unplaced') return false;
  const { record } = lease.candidate;
  const { outcome } = settlement;
  const before = pool.failureStreakOf(record, scope);
  const failureStreak = nextFailureStreak(outcome, { source: 'call', now, startedAt: lease.startedAt, failureStreak: before });
  // An endpoint that stands in for a model that nobody named may be well for every other model.
  const until = cooldownEnd(settlement, failureStreak, now, scope.model !== undefined || outcome !== 'model_unavailable');
  const cooldown = { until, outcome, statedUntil: statedUntilOf(settlement, until, now) };
  pool.coolDown(record, scope, cooldown, 'call', { reason: settlement.reason, failureStreak });
  if (outcome === 'rate_limited') {
    for (const sibling of pool.siblings(record))
      pool.coolDown(sibling, scope, cooldown, 'call', { reason: settlement.reason });
  }
  return true;
}

function coolDownSiblings(
  pool: VerdictTarget,
  record: KeyRecord,
  state: CooldownState,
  by: ChangedBy,
  settlement: Settlement,
): void {
  for (const sibling of pool.siblings(record)) {
    const longer = isCoolingDown(sibling.state) && sibling.state.until >= state.until;
    if (sibling.unavailableUntil < Infinity && !longer)
      pool.setState(sibling, laterCooldown(sibling.state, state), by, settlement);
  }
}
