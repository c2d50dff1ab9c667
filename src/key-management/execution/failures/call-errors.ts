import {
  AttemptsExhaustedError,
  CallRejectedError,
  CancelledError,
  DeadlineExceededError,
  NoHealthyKeysError,
  type AttemptReport,
  type KeyManagementError,
  type KeyManagementErrorDetails,
} from '../../errors';
import { accountInWords } from '../affinity/account-in-words';
import type { KeyRecord } from '../../pool/key/key-record';
import { isRemoved, type KeyStatus } from '../../pool/key/key-state';
import type { KeyPool } from '../../pool/key-pool';
import { pauseReason } from '../../pool/provider-pauses';
import type { CallEnd } from '../../pool/call-batches';
import type { CallTarget } from '../attempt-context';
import type { ExecutionReport } from '../execution.types';
import { MAX_WAITING } from '../waiting/wait-queue';

/** Why a call got no key: no key could be had in time, or too many calls wait for a key already. */
export type NoKeyReason = 'no_keys' | 'queue_full' | 'queue_slow';

/** Why a call failed. */
export type FailureReason = 'rejected' | 'exhausted' | 'cancelled' | 'closed' | 'deadline' | 'too_large' | NoKeyReason;

/** A call that found no key. Times are milliseconds since the epoch. */
export interface KeylessCall {
  readonly pool: KeyPool;
  readonly target: CallTarget;
  /** How many calls wait for a key of the provider. */
  readonly waiting: number;
  readonly now: number;
}

/** A call as it stands when it gives up. */
export interface FailedCall extends KeylessCall {
  /** Milliseconds. */
  readonly timeoutMs: number | undefined;
  readonly attempts: readonly AttemptReport[];
  /** What the last attempt ended with. */
  readonly cause: unknown;
  readonly retryAfterMs: number | undefined;
}

/** The error that a call ends with. */
export function callError(reason: FailureReason, call: FailedCall): KeyManagementError {
  const { pool, attempts, retryAfterMs, cause } = call;
  const { provider } = pool;
  const details = { provider, attempts, retryAfterMs, cause };
  const tries = `${attempts.length} attempt${attempts.length === 1 ? '' : 's'}`;
  const last = lastOf(attempts);
  switch (reason) {
    case 'cancelled':
      return new CancelledError(`The ${provider} call was cancelled after ${tries}.`, details);
    case 'closed':
      return new CancelledError(
        `The ${provider} call was ended after ${tries}: ${pool.isClosing ? 'its pool is closed' : 'the app shuts down'}.`,
        details,
      );
    case 'deadline': {
      const wait = retryAfterMs === undefined ? 'ran out of time' : `has no time for a wait of ${retryAfterMs} ms`;
      const ending = last && `; the last ended with ${last}`;
      return new DeadlineExceededError(
        `The ${provider} call ${wait} (timeoutMs ${call.timeoutMs}) after ${tries}${ending}.`,
        details,
      );
    }
    case 'rejected':
      return new CallRejectedError(`The ${provider} call was rejected: ${last}. Another key would not help.`, details);
    case 'too_large':
      return new CallRejectedError(tooLarge(call), { ...details, outcome: 'request_exceeds_key_limit' });
    case 'exhausted':
      return new AttemptsExhaustedError(
        `The ${provider} call failed after ${tries}; the last ended with ${last}.`,
        details,
      );
    case 'no_keys':
    case 'queue_full':
    case 'queue_slow':
      return noHealthyKeys(reason, call, details);
  }
}

/** In words that the rules for vendors' answers know, so that whoever calls through a managed fetch within learns the same. */
function tooLarge({ pool, target, now }: KeylessCall): string {
  const { input, output } = target.tokens ?? { input: 0, output: 0 };
  const { dimension, limit } = pool.excess(target, now) ?? { dimension: 'tokens', limit: 0 };
  const wanted = { tokens: input + output, input_tokens: input, output_tokens: output }[dimension];
  const kind = dimension.replace('_', ' ');
  return (
    `Request too large for ${target.model ?? 'this call'}: it is expected to take ${inWords(wanted)} ${kind}, and the greatest limit of ${kind} ` +
    `per account of ${pool.provider} is ${inWords(limit)} (request_exceeds_key_limit). Make the request, or the longest answer that it allows, ` +
    `smaller, or add a key of an account with a higher limit.`
  );
}

const inWords = (count: number): string => Math.floor(count).toLocaleString('en-US');

function lastOf(attempts: readonly AttemptReport[]): string {
  const last = attempts.at(-1);
  return last ? `${last.outcome}${last.reason ? ` (${last.reason})` : ''}` : '';
}

/** The error of a call that found no key: why, how many keys are in which condition, and when the first key may be back. */
export function noHealthyKeys(
  reason: NoKeyReason,
  call: KeylessCall,
  details: KeyManagementErrorDetails,
): NoHealthyKeysError {
  const { pool, target, now } = call;
  const counts: Partial<Record<KeyStatus, number>> = {};
  const conditions = new Map<string, number>();
  const pause = pool.pauseAt(now);
  let [total, fitsAt] = [0, Infinity];
  let recoveryAt = pause?.until ?? pool.nextWake(target.model, target.endpoint, target.affinity) ?? Infinity;
  for (const record of pool.keysFor(target)) {
    counts[record.status] = (counts[record.status] ?? 0) + 1;
    total += 1;
    fitsAt = Math.min(fitsAt, pool.accounts.meters.blockedFor(record.meters ?? [], target, now));
    const condition = conditionOf(record, call);
    conditions.set(condition, (conditions.get(condition) ?? 0) + 1);
    if (!pause && record.enabled && isRemoved(record.state)) recoveryAt = Math.min(recoveryAt, record.state.recheckAt);
  }
  // A healthy key may have less left of a budget than this call takes.
  if (total > 0 && counts.healthy === total) recoveryAt = Math.max(recoveryAt, fitsAt);
  const isKnown = recoveryAt < Infinity;
  const retryAfterMs = isKnown ? Math.max(0, recoveryAt - now) : undefined;
  const keys = [...conditions].map(([condition, count]) => `${count} ${condition}`).join(', ');
  const when = retryAfterMs === undefined ? '' : ` The first may be back in ${Math.ceil(retryAfterMs / 1_000)} s.`;
  const message = pause ? pauseReason(pool.provider, pause) : sentence(reason, call, keys, when);
  return new NoHealthyKeysError(message, {
    ...details,
    retryAfterMs,
    counts,
    soonestRecovery: isKnown ? new Date(recoveryAt) : undefined,
    paused: pause !== undefined,
  });
}

function sentence(
  reason: NoKeyReason,
  { pool, target, waiting, now }: KeylessCall,
  keys: string,
  when: string,
): string {
  const { provider } = pool;
  if (pool.size === 0) {
    return `The pool of ${provider} has no keys. Add some: in the option providers.${provider}.keys, its environment variable, or the admin API.`;
  }
  if (reason === 'queue_full')
    return `The queue of ${provider} is full: ${waiting} calls wait for a key already, and no more than ${MAX_WAITING} may. Keys: ${keys}.`;
  if (reason === 'queue_slow')
    return `The queue of ${provider} is too long: ${waiting} calls wait for a key already, and at its present pace this one would wait longer than it may. Keys: ${keys}.`;
  if (pool.lacksPrice(target)) return withoutPrice(provider, target.model);
  const breaker = pool.breakerStatus(now);
  if (breaker.state === 'open')
    return `${provider} is not called at present, whatever the key: its calls failed, and its circuit breaker is open until ${new Date(breaker.until!).toISOString()}. Keys: ${keys}.`;
  if (breaker.state === 'half_open' && breaker.until !== undefined)
    return `${provider} is not called at present, whatever the key: its calls failed, and a trial call is under way to see whether it is back. Keys: ${keys}.`;
  if (target.affinity?.kind === 'hard') return ofOneAccount(pool, target.affinity.account, keys, when);
  const what = [target.model, target.endpoint].filter((each) => each !== undefined).join(' at ');
  return `No key of ${provider} can be used now${what === '' ? '' : ` for ${what}`}: ${keys}.${when}`;
}

/** Why a call fails that must be counted in money and cannot be. */
const withoutPrice = (provider: string, model = ''): string =>
  `No key of ${provider} can be used for ${model}: budgets in USD count its calls, and the price of ${model} is not known. ` +
  'Say it in the option prices, or have @pydantic/genai-prices know it (npm i @pydantic/genai-prices), or make budgets of tokens or requests.';

/** Why a call fails that only one account can serve. */
function ofOneAccount(pool: KeyPool, account: string, keys: string, when: string): string {
  const has = `What the ${pool.provider} call names exists in ${accountInWords(pool, account)} alone`;
  return keys === ''
    ? `${has}, of which no key is left in the pool: add one, or make the object anew.`
    : `${has}, of which no key can be used now: ${keys}.${when}`;
}

/** The condition of the key for this call: a healthy key may not be usable for it all the same. */
function conditionOf(record: KeyRecord, { pool, target, now }: KeylessCall): string {
  const { model } = target;
  const { status, meters } = record;
  const spent = meters?.find((meter) => meter.terms.kind === 'budget' && meter.spentUntil(now) > 0);
  if (status === 'cooling_down' && spent) return `${status} (${spent.spentReason(now)})`;
  if (status !== 'healthy') return status;
  if (!record.serves(model)) return `healthy, but not for ${model}`;
  const candidate = pool.candidateFor(record, model, now);
  if (candidate.cooldownUntil > now) return `healthy, but cooling down for ${model}`;
  if (candidate.onTrial && candidate.blockedUntil(now) > now) return 'on trial, after a cooldown, by a call under way';
  if (candidate.busy) return 'at its limit of calls in flight';
  if (meters !== undefined && pool.accounts.meters.blockedFor(meters, target, now) > now)
    return 'without enough left of its budgets or limits of the day';
  return candidate.blockedUntil(now) > now ? 'at its rate limit' : 'healthy';
}

/** What a failed call counts as: the outcome of its last attempt, unless no key or no caller was left. */
export function callEnd(report: ExecutionReport & { error?: KeyManagementError }): CallEnd {
  const last = report.attempts.at(-1)?.outcome;
  switch (report.error?.code) {
    case 'NO_HEALTHY_KEYS':
      return 'no_key';
    case 'CANCELLED':
      return 'cancelled';
    case 'CALL_REJECTED':
      // Without either it is the caller's options that were refused.
      return last ?? (report.error as CallRejectedError).outcome ?? 'bad_request';
    case 'DEADLINE_EXCEEDED':
      return last ?? 'no_key';
    default:
      // An answer that broke after it had begun well.
      return last === undefined || last === 'ok' ? 'unknown' : last;
  }
}
