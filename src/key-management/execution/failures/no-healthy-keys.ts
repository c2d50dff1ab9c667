import { NoHealthyKeysError, type KeyManagementErrorDetails } from '../../errors';
import type { KeyPool } from '../../pool/key-pool';
import type { KeyRecord } from '../../pool/key/key-record';
import type { CallTarget } from '../attempt-context';
import { isRemoved, type KeyStatus } from '../../pool/key/key-state';
import { MOST_WAITING } from '../waiting/wait-queue';

/** Why a call got no key: none could be had in time, or too many calls wait for one already. */
export type WhyNoKey = 'no_keys' | 'queue_full' | 'queue_slow';

/** A call that found no key. Times are milliseconds since the epoch. */
export interface KeylessCall {
  readonly pool: KeyPool;
  readonly target: CallTarget;
  /** Calls that wait for a key of the provider. */
  readonly waiting: number;
  readonly now: number;
}

/** The error of a call that found no key: why, how many stand how, and when the first may be back. */
export function noHealthyKeys(
  why: WhyNoKey,
  call: KeylessCall,
  details: KeyManagementErrorDetails,
): NoHealthyKeysError {
  const { pool, target, now } = call;
  const counts: Partial<Record<KeyStatus, number>> = {};
  const standings = new Map<string, number>();
  let soonest = pool.nextWake(target.model, target.endpoint) ?? Infinity;
  for (const record of pool.records()) {
    counts[record.status] = (counts[record.status] ?? 0) + 1;
    const standing = standingOf(record, call);
    standings.set(standing, (standings.get(standing) ?? 0) + 1);
    if (record.enabled && isRemoved(record.state)) soonest = Math.min(soonest, record.state.recheckAt);
  }
  const known = soonest < Infinity;
  const retryAfterMs = known ? Math.max(0, soonest - now) : undefined;
  const soonestRecovery = known ? new Date(soonest) : undefined;
  const keys = [...standings].map(([standing, count]) => `${count} ${standing}`).join(', ');
  const when = retryAfterMs === undefined ? '' : ` The first may be back in ${Math.ceil(retryAfterMs / 1_000)} s.`;
  return new NoHealthyKeysError(sentence(why, call, keys, when), { ...details, retryAfterMs, counts, soonestRecovery });
}

function sentence(why: WhyNoKey, { pool, target, waiting, now }: KeylessCall, keys: string, when: string): string {
  const { provider } = pool;
  if (pool.size === 0) {
    return `The pool of ${provider} has no keys. Add some: in the option providers.${provider}.keys, its environment variable, or the admin API.`;
  }
  if (why === 'queue_full')
    return `The queue of ${provider} is full: ${waiting} calls wait for a key already, and no more than ${MOST_WAITING} may. Keys: ${keys}.`;
  if (why === 'queue_slow')
    return `The queue of ${provider} is too long: ${waiting} calls wait for a key already, and at its present pace this one would wait longer than it may. Keys: ${keys}.`;
  const breaker = pool.breakerStatus(now);
  if (breaker.state === 'open')
    return `${provider} is not called at present, whatever the key: its calls failed, and its circuit breaker is open until ${iso(breaker.until!)}. Keys: ${keys}.`;
  if (breaker.state === 'half_open' && breaker.until !== undefined)
    return `${provider} is not called at present, whatever the key: its calls failed, and a trial call is under way to see whether it is back. Keys: ${keys}.`;
  const what = [target.model, target.endpoint].filter((each) => each !== undefined).join(' at ');
  return `No key of ${provider} can be used now${what === '' ? '' : ` for ${what}`}: ${keys}.${when}`;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** How the key stands for this call. A healthy one may be kept from it all the same. */
function standingOf(record: KeyRecord, { pool, target: { model }, now }: KeylessCall): string {
  const { status } = record;
  if (status !== 'healthy') return status;
  if (!record.serves(model)) return `healthy, but not for ${model}`;
  const candidate = pool.candidateFor(record, model, now);
  if (candidate.cooldownUntil > now) return `healthy, but cooling down for ${model}`;
  if (candidate.onTrial && candidate.blockedUntil(now) > now) return 'on trial, after a cooldown, by a call under way';
  if (candidate.busy) return 'at its limit of calls in flight';
  return candidate.blockedUntil(now) > now ? 'at its rate limit' : 'healthy';
}
