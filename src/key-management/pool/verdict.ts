import { CONSEQUENCES } from '../classification/outcome';
import { learnRate, type PoolMean } from './choice';
import type { ChangedBy } from './key-events';
import type { PoolLease } from './key-lease';
import type { KeyRecord } from './key-record';
import { HEALTHY, isRemoved, isResting, type RestingState, type KeyState } from './key-state';
import type { Settlement, Why } from './settlement';
import type { Slot } from './slot';
import type { PoolPacing } from './pool-pacing';
import { restUntil, struck, transition } from './transition';
import { endTrial } from './trial';

/** The part of a pool that a verdict works on. */
export interface VerdictTarget {
  setState(record: KeyRecord, state: KeyState, by: ChangedBy, why?: Why): void;
  restModel(record: KeyRecord, model: string, until: number, by: ChangedBy, why?: Why): void;
  slotFor(record: KeyRecord, model: string, now: number): Slot;
  siblings(record: KeyRecord): Iterable<KeyRecord>;
  readonly pacing: PoolPacing;
}

/** Books a settled call. Only what speaks of the key counts against it. */
export function countCall(
  { slot, startedAt, trial, wasAccepted }: PoolLease,
  { outcome }: Settlement,
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
    } else if (restForModel(pool, lease, settlement, now)) return;
  }
  const { state, strikes } = transition(record.state, settlement, { source, now, startedAt, strikes: record.strikes });
  record.strikes = strikes;
  // A probe that said nothing on the key does not explain why it is away.
  const silent = settlement.keyAction === 'keep' && isRemoved(state);
  const why = silent ? { outcome: record.outcome ?? settlement.outcome, reason: record.reason } : settlement;
  pool.setState(record, state, source, why);
  if (isResting(state) && strikes && settlement.outcome === 'rate_limited') {
    // For as long as this refusal asks: the key itself may rest longer, for a reason that is its own.
    const until = restUntil(settlement, strikes, now, settlement.scope !== 'key_model');
    restSiblings(pool, record, { status: 'rate_limited', until }, source, settlement);
  }
}

/** A refusal that speaks of one model rests the key for that model. False where it speaks of the whole key. */
function restForModel(pool: VerdictTarget, lease: PoolLease, settlement: Settlement, now: number): boolean {
  const model = lease.model ?? settlement.model;
  if (settlement.keyAction !== 'rest' || settlement.scope !== 'key_model' || model === undefined) return false;
  const { record } = lease.slot;
  const slot = pool.slotFor(record, model, now);
  slot.strikes = struck(settlement.outcome, { source: 'call', now, startedAt: lease.startedAt, strikes: slot.strikes });
  const until = restUntil(settlement, slot.strikes, now, true);
  pool.restModel(record, model, until, 'call', settlement);
  if (settlement.outcome === 'rate_limited') {
    for (const sibling of pool.siblings(record)) pool.restModel(sibling, model, until, 'call', settlement);
  }
  return true;
}

function restSiblings(
  pool: VerdictTarget,
  record: KeyRecord,
  state: RestingState,
  by: ChangedBy,
  settlement: Settlement,
): void {
  for (const sibling of pool.siblings(record)) {
    const longer = isResting(sibling.state) && sibling.state.until >= state.until;
    if (sibling.availableFrom < Infinity && !longer) pool.setState(sibling, state, by, settlement);
  }
}
