import type { KeyPool } from '../pool/key-pool';
import { isRemoved } from '../pool/key/key-state';
import { countStatus, type StatusCounts } from '../pool/key/status-counts';

/** A model that no key may serve now. */
export interface UnservedModel {
  /** Undefined for calls that name none. */
  readonly model: string | undefined;
  /** When the soonest cooldown ends, or else the soonest re-check is due; milliseconds since the epoch, undefined where neither comes. */
  readonly until: number | undefined;
  /** Which of the two. */
  readonly ends?: 'cooldown' | 'recheck' | undefined;
}

/** Which of the models asked about the keys of a pool may serve. */
export interface KeyAvailability {
  readonly total: number;
  readonly asked: number;
  readonly unserved: readonly UnservedModel[];
  /** The keys out of the pool by status; all others cool down. Only counted where a model is unserved. */
  readonly out: StatusCounts;
}

/** Looks only at as many keys as it needs: it stops once each model has a key that may serve it. */
export function keyAvailability(
  pool: Pick<KeyPool, 'size' | 'records' | 'unavailableUntil'>,
  models: readonly (string | undefined)[],
  now: number,
): KeyAvailability {
  const left = new Map(models.map((model) => [model, { end: Infinity, recheck: Infinity }]));
  const out: StatusCounts = {};
  for (const record of pool.records()) {
    if (left.size === 0) break;
    const { enabled, state, status } = record;
    const isOut = !enabled || isRemoved(state);
    if (isOut) countStatus(out, status);
    if (isOut && !(enabled && isRemoved(state))) continue;
    for (const [model, soonest] of left) {
      if (isRemoved(state)) soonest.recheck = Math.min(soonest.recheck, state.recheckAt);
      const from = pool.unavailableUntil(record, model);
      if (from <= now) left.delete(model);
      else soonest.end = Math.min(soonest.end, from);
    }
  }
  const unserved = Array.from(left, ([model, { end, recheck }]) => {
    if (end < Infinity) return { model, until: end, ends: 'cooldown' as const };
    return recheck < Infinity ? { model, until: recheck, ends: 'recheck' as const } : { model, until: undefined };
  });
  return { total: pool.size, asked: models.length, unserved, out };
}

/** How many keys can serve at least one of the models now. */
export function usableKeys(
  pool: Pick<KeyPool, 'records' | 'unavailableUntil'>,
  models: readonly (string | undefined)[],
  now: number,
): number {
  let usable = 0;
  for (const record of pool.records()) {
    if (models.some((model) => pool.unavailableUntil(record, model) <= now)) usable += 1;
  }
  return usable;
}

/**
 * How many keys are in the pool, those that cool down included, where they are fewer than `minimum`. Undefined where there are as many, which mostly the
 * first keys show; and where the number says nothing: all are switched off, there are none, or some were not checked yet.
 */
export function keysBelow(minimum: number, pool: Pick<KeyPool, 'records'>): number | undefined {
  let inPool = 0;
  let isInUse = false;
  for (const { enabled, state } of pool.records()) {
    if (inPool >= minimum) return undefined;
    if (!enabled) continue;
    if (state.status === 'unchecked') return undefined;
    isInUse = true;
    if (!isRemoved(state)) inPool += 1;
  }
  return isInUse && inPool < minimum ? inPool : undefined;
}
