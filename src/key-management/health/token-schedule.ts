/** The function that gets a token may take so long; milliseconds. */
export const TOKEN_TIMEOUT_MS = 10_000;
/** A token that states no end is asked for anew so often: SDKs keep theirs, and make a new one in its last five minutes. Milliseconds. */
export const DEFAULT_REFRESH_MS = 4 * 60_000;
/** A new token is wanted when this part of its life is over, and this much before its end at the latest (milliseconds). */
const PART_OF_LIFE = 0.8;
const LATEST_BEFORE_END_MS = 60_000;
/** Of a token that lives for less than twice that, in the middle of its life, but never more often than this. Milliseconds. */
const LEAST_PART_OF_LIFE = 0.5;
const LEAST_REFRESH_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/**
 * How long after a token has come the next is asked for; milliseconds.
 * @param lifeMs From now to its end; Infinity where it states none.
 */
export function refreshAfterMs(lifeMs: number): number {
  if (lifeMs === Infinity) return DEFAULT_REFRESH_MS;
  const wanted = Math.min(lifeMs * PART_OF_LIFE, lifeMs - LATEST_BEFORE_END_MS);
  return Math.max(wanted, lifeMs * LEAST_PART_OF_LIFE, LEAST_REFRESH_MS);
}

/**
 * How long after a failure the function is asked again; milliseconds.
 * @param failures In a row, this one included.
 * @param chance In [0, 1): instances that failed together do not ask together.
 */
export const retryAfterMs = (failures: number, chance: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS) * (0.75 + chance / 4);
