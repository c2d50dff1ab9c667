import { NoHealthyKeysError, type KeyManagementErrorDetails } from '../errors';
import type { KeyPool } from '../pool/key-pool';
import type { CallTarget } from './call-context';
import { isRemoved, type KeyStatus } from '../pool/key-state';

/** The error of a call that found no key: how many stand how, and when the first may be back. */
export function noHealthyKeys(
  pool: KeyPool,
  target: CallTarget,
  details: KeyManagementErrorDetails,
  now: number,
): NoHealthyKeysError {
  const counts: Partial<Record<KeyStatus, number>> = {};
  let soonest = pool.nextWake(target.model, target.endpoint) ?? Infinity;
  for (const record of pool.records()) {
    counts[record.status] = (counts[record.status] ?? 0) + 1;
    if (record.enabled && isRemoved(record.state)) soonest = Math.min(soonest, record.state.recheckAt);
  }
  const known = soonest < Infinity;
  const retryAfterMs = known ? Math.max(0, soonest - now) : undefined;
  const soonestRecovery = known ? new Date(soonest) : undefined;
  return new NoHealthyKeysError(sentence(pool, target, counts, retryAfterMs), {
    ...details,
    retryAfterMs,
    counts,
    soonestRecovery,
  });
}

function sentence(
  pool: KeyPool,
  { model, endpoint }: CallTarget,
  counts: Partial<Record<KeyStatus, number>>,
  retryAfterMs: number | undefined,
): string {
  const { provider } = pool;
  if (pool.size === 0) {
    return `The pool of ${provider} has no keys. Add some: in the option providers.${provider}.keys, its environment variable, or the admin API.`;
  }
  const which = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  const when = retryAfterMs === undefined ? '' : ` The first may be back in ${Math.ceil(retryAfterMs / 1_000)} s.`;
  const what = [model, endpoint].filter((each) => each !== undefined).join(' at ');
  return `No key of ${provider} can be used now${what === '' ? '' : ` for ${what}`}: ${which.join(', ')}.${when}`;
}
