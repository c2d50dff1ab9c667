import { isCoolingDown, isRemoved, type KeyState } from '../../pool/key/key-state';

/** Later times are taken for damage, though a `Date` could hold them. */
const LATEST = Date.UTC(2100, 0, 1);

/** Milliseconds since the epoch that a stored document may hold. */
export const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= LATEST;

/** A state by another clock, which is ahead by so many milliseconds. */
export function shiftedState(state: KeyState, byMs: number): KeyState {
  if (byMs === 0) return state;
  if (isCoolingDown(state)) {
    const { until, statedUntil } = state;
    return { ...state, until: until + byMs, ...(statedUntil && { statedUntil: statedUntil + byMs }) };
  }
  return isRemoved(state) ? { ...state, recheckAt: state.recheckAt + byMs } : state;
}
