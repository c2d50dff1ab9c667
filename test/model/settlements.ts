import type { Outcome } from '../../src/key-management/vendors/contract/outcome';
import {
  isRemoved,
  isCoolingDown,
  type ModelKey,
  type ModelLease,
  type PoolModel,
  type ModelStatus,
} from './pool-model';
import {
  ASKS_TO_WAIT,
  COUNTS_AGAINST,
  later,
  PROVES_KEY,
  recheckSpan,
  REMOVES,
  COOLS_DOWN,
  cooldownSpan,
  SECOND,
  type Removed,
  type Span,
  type Stated,
} from './rules';

/** What a call or a probe was settled with. */
export interface Said extends Stated {
  readonly outcome: Outcome;
  /** A limit of the whole key, where otherwise it is the model's. */
  readonly scope?: 'key';
  /** The model that the vendor names. */
  readonly model?: string;
}

const NEVER: Span = { least: 0, most: 0 };

/** What the outcome of a call does to the key in the model. */
export function callEnded(pool: PoolModel, lease: ModelLease, said: Said, now: number): void {
  pool.settled(lease, said.outcome, now);
  const { key } = lease;
  const { outcome } = said;
  const asksToWait =
    ASKS_TO_WAIT.has(outcome) && ((said.retryAfterMs ?? 0) > 0 || (said.notBefore?.getTime() ?? 0) > now);
  if (asksToWait) pool.statedFaults += 1;
  if (key.isDeleted) return;
  if (asksToWait && !isRemoved(key)) coolDown(pool, key, said, now);
  settle(pool, lease, said, now);
}

/** A call has ended, and no other key was refused as this one was: only now that speaks of the key. */
export function refusalConfirmed(pool: PoolModel, lease: ModelLease, said: Said, now: number): void {
  const { key } = lease;
  if (key.isDeleted) return;
  if (COUNTS_AGAINST.has(said.outcome)) key.errors += 1;
  settle(pool, lease, said, now);
}

function settle(pool: PoolModel, lease: ModelLease, said: Said, now: number): void {
  const { key } = lease;
  const { outcome } = said;
  if (outcome === 'rate_limited') for (const each of [key, ...pool.siblings(key)]) each.isSlow = true;
  if (REMOVES.has(outcome)) remove(pool, key, said, now, false);
  if (!COOLS_DOWN.has(outcome)) return;
  const model = lease.model ?? said.model;
  if (said.scope !== 'key' && model !== undefined) coolDownForModel(pool, key, model, said, now);
  else if (!isRemoved(key)) coolDown(pool, key, said, now);
}

/** What a probe does to the key in the model. Only a probe brings a removed key back. */
export function probeEnded(pool: PoolModel, key: ModelKey, said: Said, now: number): void {
  const { outcome } = said;
  if (REMOVES.has(outcome)) remove(pool, key, said, now, true);
  else if ((outcome === 'permission_denied' && said.scope === 'key') || (outcome === 'rate_limited' && !isRemoved(key)))
    coolDown(pool, key, said, now);
  else if (isRemoved(key)) {
    if (PROVES_KEY.has(outcome)) stand(key, 'healthy');
    else askAgainSoon(key, said, now);
  } else if (key.status === 'unchecked') stand(key, 'healthy');
}

function stand(key: ModelKey, ...mayBe: ModelStatus[]): void {
  key.status = mayBe[0]!;
  key.possibleStatuses = mayBe;
  key.recheck = undefined;
}

function remove(pool: PoolModel, key: ModelKey, said: Said, now: number, isProbe: boolean): void {
  const outcome = said.outcome as Removed;
  const next = recheckSpan(outcome, said, now);
  if (!isRemoved(key)) {
    if (key.enabled) pool.removals += 1;
    stand(key, outcome);
    key.cooldown = undefined;
    key.recheck = next;
    if (outcome === 'quota_exceeded') suspectSiblings(pool, key, said, now);
    return;
  }
  // one more settlement of a removed key may move its re-check on, and never back; after a probe that was due it lies ahead.
  const { least, most } = key.recheck!;
  const due = isProbe && least <= now ? now + 1 : 0;
  const stated = said.notBefore?.getTime() ?? 0;
  stand(key, key.status, outcome);
  key.recheck = { least: Math.max(least, due, stated), most: Math.max(most, next.most) };
}

/** A quota that is used up is the account's: each other key of it waits for a probe, for as long as is stated, else for ten seconds. */
function suspectSiblings(pool: PoolModel, key: ModelKey, said: Said, now: number): void {
  const span = cooldownSpan('quota_exceeded', said, false, now);
  for (const sibling of pool.siblings(key))
    if (sibling.enabled && !isRemoved(sibling) && sibling.status !== 'unchecked') cooldownEnd(sibling, said, span, now);
}

function askAgainSoon(key: ModelKey, { retryAfterMs = 0 }: Said, now: number): void {
  const soon = now + Math.max(30 * SECOND, retryAfterMs);
  key.recheck = later(key.recheck!, { least: soon, most: soon });
}

/** A refusal for the rate of one key cools down all that share its limits. */
function coolDown(pool: PoolModel, key: ModelKey, said: Said, now: number): void {
  const span = cooldownSpan(said.outcome, said, said.scope === 'key', now);
  cooldownEnd(key, said, span, now);
  if (said.outcome !== 'rate_limited') return;
  for (const sibling of pool.siblings(key)) {
    sibling.isSlow = true;
    if (sibling.enabled && !isRemoved(sibling) && sibling.status !== 'unchecked') cooldownEnd(sibling, said, span, now);
  }
}

function cooldownEnd(key: ModelKey, said: Said, span: Span, now: number): void {
  const status = said.outcome === 'rate_limited' ? 'rate_limited' : 'cooling_down';
  const earlier = isCoolingDown(key) && key.cooldown!.span.least > now ? key.cooldown!.span : NEVER;
  key.isSlow = true;
  if (earlier.least >= span.most) stand(key, key.status);
  else if (earlier.least > 0) stand(key, status, key.status);
  else stand(key, status);
  key.cooldown = { span: later(span, earlier), isTried: false };
}

function coolDownForModel(pool: PoolModel, key: ModelKey, model: string, said: Said, now: number): void {
  const span = cooldownSpan(said.outcome, said, true, now);
  const all = said.outcome === 'rate_limited' ? [key, ...pool.siblings(key)] : [key];
  for (const each of all) {
    const earlier = each.modelCooldowns.get(model)?.span ?? NEVER;
    each.isSlow = true;
    each.modelCooldowns.set(model, { span: earlier.least > now ? later(span, earlier) : span, isTried: false });
  }
}
