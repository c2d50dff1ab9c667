import { redactReason } from '../../classification/redaction/redact';
import { isCoolingDown, isRemoved, type CooldownState, type KeyState } from '../key/key-state';
import type { KeyRecord } from '../key/key-record';
import type { PeriodMeter } from '../limits/period-meter';
import type { SettlementSummary } from './settlement';
import { cooldownLeft } from './transition';

/** Clocks of instances differ by less where a store tells the time. Milliseconds. */
const SAME_END_MS = 1_000;

/** A state, and what explains it; undefined where that is what was said. */
interface MeteredState {
  readonly state: KeyState;
  readonly settlement?: Partial<SettlementSummary>;
}

/**
 * The state of a key that is to be in this one, as its meters have it: it cools down while a budget or a limit of the day is spent, and not for
 * what another instance, or the store, said of one of which something is left here. Undefined where the state stands.
 */
export function meteredState(record: KeyRecord, state: KeyState, by: string, now: number): MeteredState | undefined {
  const { meters } = record;
  if (meters === undefined || isRemoved(state) || state.status === 'unchecked') return undefined;
  let spent: PeriodMeter | undefined;
  for (const meter of meters) if (meter.spentUntil(now) > (spent?.spentUntil(now) ?? 0)) spent = meter;
  if (spent === undefined) {
    const isToldOnly = by === 'store' || by === 'instance';
    const isStale = isToldOnly && isCoolingDown(state) && isOfMeters(state, meters, now);
    return isStale && meters.every((meter) => meter.isKnown(now))
      ? { state: cooldownLeft(state, true, now) }
      : undefined;
  }
  const until = spent.spentUntil(now);
  if (isCoolingDown(state) && state.until >= until) return undefined;
  const statedUntil = isCoolingDown(state) ? state.statedUntil : undefined;
  const isLimit = spent.terms.kind === 'limit';
  return {
    state: {
      status: isLimit ? 'rate_limited' : 'cooling_down',
      until,
      ...(statedUntil !== undefined && { statedUntil }),
    },
    settlement: { outcome: isLimit ? 'rate_limited' : undefined, reason: redactReason(spent.spentReason(now)) },
  };
}

/** Whether the cooldown ends with a period of one of these meters: it is theirs. */
export const isOfMeters = ({ until }: CooldownState, meters: readonly PeriodMeter[], now: number): boolean =>
  meters.some((meter) => Math.abs(meter.endsAt(now) - until) <= SAME_END_MS);

/** Whether the meter counts all keys of the provider, and is spent. */
export const isOfAll = (meter: PeriodMeter, now: number): boolean =>
  meter.terms.scope === 'provider' && meter.spentUntil(now) > 0;
