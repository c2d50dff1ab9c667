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
import type { PoolPacing } from './pool-pacing';
import { longerCooldown, cooldownEnd, struck, transition } from './state/transition';
import { endTrial } from './key/trial';

/** The part of a pool that a verdict works on. */
export interface VerdictTarget {
  setState(record: KeyRecord, state: KeyState, by: ChangedBy, why?: Why): void;
  coolDown(record: KeyRecord, scope: CooldownScope, cooldown: Cooldown, by: ChangedBy, why?: CooledBy): void;
  strikesOf(record: KeyRecord, scope: CooldownScope): FailureStreak | undefined;
  siblings(record: KeyRecord): Iterable<KeyRecord>;
  readonly pacing: PoolPacing;
}

/** Books a settled call. Only what speaks of the key counts against it. */
export function countCall(
  { slot, startedAt, trial, wasAccepted }: PoolLease,
  { outcome, withheld }: Settlement,
  mean: PoolMean,
  now: number,
): void {
  const { record } = slot;
  const ok = outcome === 'ok';
  slot.inFlight -= 1;
  record.inFlight -= 1;
  slot.pace?.ended();
  if (record.hardLimits) record.hardLimits.inFlight -= 1;
  if (trial && !wasAccepted) endTrial(slot, startedAt, ok);
  const took = now - startedAt;
  record.countUsage(outcome, took);
  if (ok) {
    record.successCount += 1;
    record.wentWell(now, took);
    learnRate(record, mean, true, now);
    slot.pace?.succeeded();
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
  const { slot, source, startedAt } = lease;
  const { record } = slot;
  if (source === 'call') {
    if (settlement.outcome === 'rate_limited') pool.pacing.refused(lease, now);
    if (settlement.outcome === 'ok') {
      if (slot.strikes !== undefined && startedAt > slot.strikes.at) slot.strikes = undefined;
      if (record.strikes === undefined && record.state === HEALTHY) return;
    } else if (coolDownAPart(pool, lease, settlement, now)) return;
  }
  const { state, strikes } = transition(record.state, settlement, { source, now, startedAt, strikes: record.strikes });
  record.strikes = strikes;
  // A probe that said nothing on the key does not explain why it is away.
  const silent = settlement.keyAction === 'keep' && isRemoved(state);
  const why = silent ? { outcome: record.outcome ?? settlement.outcome, reason: record.reason } : settlement;
  pool.setState(record, state, source, why);
  if (isCoolingDown(state) && strikes && settlement.outcome === 'rate_limited') {
    // For as long as this refusal asks: the key itself may rest longer, for a reason that is its own.
    const until = cooldownEnd(settlement, strikes, now, true);
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
  const { record } = lease.slot;
  const { outcome } = settlement;
  const before = pool.strikesOf(record, scope);
  const strikes = struck(outcome, { source: 'call', now, startedAt: lease.startedAt, strikes: before });
  // An endpoint that stands in for a model that nobody named may be well for every other model.
  const until = cooldownEnd(settlement, strikes, now, scope.model !== undefined || outcome !== 'model_unavailable');
  const cooldown = { until, outcome, statedUntil: statedUntilOf(settlement, until, now) };
  pool.coolDown(record, scope, cooldown, 'call', { reason: settlement.reason, strikes });
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
    if (sibling.availableFrom < Infinity && !longer)
      pool.setState(sibling, longerCooldown(sibling.state, state), by, settlement);
  }
}
