import { isDeepStrictEqual } from 'node:util';
import {
  type CooldownScope,
  HEALTHY,
  isRemoved,
  isCooldownOver,
  isCoolingDown,
  type KeyState,
} from '../../pool/key/key-state';
import type { ChangedBy } from '../../pool/key-events';
import { NO_LIMITS } from '../../pool/limits/stated-limits';
import type { KeyPool } from '../../pool/key-pool';
import type { KeyRecord } from '../../pool/key/key-record';
import {
  isNoState,
  isOfOwnToken,
  isTime,
  readAccount,
  readCooldown,
  readIdentity,
  readState,
  isAdminState,
  EXPIRY_FIELD,
  readTold,
  scopeOfField,
  type StoredIdentity,
  type StoredState,
} from './key-documents';
import type { FieldChange, Json, StoredDocument } from '../port/key-store';
import type { KeyStatistics } from './key-statistics';
import type { StoredCooldowns } from './key-writer';

/** The key that a stored document is applied to. */
export interface DocumentTarget {
  readonly pool: KeyPool;
  readonly record: KeyRecord;
  readonly by: ChangedBy;
  readonly statistics: KeyStatistics;
  readonly cooldowns: StoredCooldowns;
  readonly now: number;
  /** For how long a stored `healthy` is trusted without a new check; milliseconds. */
  readonly freshMs: number;
  /**
   * What is known here holds against a newer state, or a newer cooldown of one model or endpoint: the others are to hear of it, so that all
   * come to the same.
   */
  readonly held: (scope?: CooldownScope) => void;
  /** The key was added at run time, and its secret is stored no more. */
  readonly secretGone: () => void;
  /** The key has another token by now. */
  readonly secretChanged: (identity: StoredIdentity) => void;
  /** By how much the store's clock is ahead; milliseconds. */
  readonly offsetMs: number;
  /** A field makes no sense. */
  readonly unreadable: (problem: string) => void;
}

/** Applies what is new of a stored document: times first, since how fresh a verdict is depends on them. */
export function applyDocument(target: DocumentTarget, { doc, registers, maxima, sums }: StoredDocument): void {
  for (const [field, value] of Object.entries(maxima)) applyField(target, { kind: 'max', doc, field, value });
  for (const [field, by] of Object.entries(sums)) target.statistics.add(target.record, field, by);
  for (const [field, register] of Object.entries(registers)) {
    applyField(target, { kind: 'set', doc, field, register });
    if (target.pool.record(target.record.id) !== target.record) return;
  }
}

/** Applies one field of it. */
export function applyField(target: DocumentTarget, change: FieldChange): void {
  const { record } = target;
  if (change.kind === 'add') target.statistics.add(record, change.field, change.by);
  else if (change.kind === 'max') applyTime(target, change.field, change.value);
  else if (change.field === 'state') applyState(target, change.register.value);
  else if (change.field === 'admin') applyAdmin(target, change.register.value);
  else if (change.field === 'account') applyAccount(target, change.register.value);
  else if (change.field === 'identity') applyIdentity(target, change.register.value);
  else if (change.field === EXPIRY_FIELD) record.toldExpiry = readTold(change.register.value) ?? record.toldExpiry;
  else applyCooldown(target, change.field, change.register.value);
}

function applyCooldown(target: DocumentTarget, field: string, value: Json): void {
  const { pool, record, by, cooldowns, now, held, offsetMs, unreadable } = target;
  const scope = scopeOfField(field);
  if (scope === undefined) return;
  const stored = readCooldown(value, offsetMs);
  if (stored === undefined) return unreadable('a cooldown that is none');
  cooldowns.seen(record, field);
  const { cooldown, ended } = stored;
  const isOver = cooldown.until <= now;
  if (ended) pool.endCooldown(record, scope, by, isOver ? undefined : cooldown);
  // One that is over would only take a place among those that are not.
  else if (!isOver) pool.coolDown(record, scope, cooldown, by);
  const here = pool.cooldown(record, scope)?.until ?? 0;
  if (!ended && here > now && here > cooldown.until) held(scope);
}

function applyAccount({ pool, record, now, unreadable }: DocumentTarget, value: Json): void {
  const stored = readAccount(value);
  if (!stored) return unreadable('an account that is none');
  // Another token may be of another account.
  if (record.tokens === undefined && (stored.token ?? record.id) !== record.key.tokenId) return;
  pool.accounts.restore(record, stored.found, now);
}

function applyTime(target: DocumentTarget, field: string, stored: number): void {
  const { pool, record, by, cooldowns, now, offsetMs, unreadable } = target;
  // The version before kept the cooldown of a model as a time that only grows.
  const scope = scopeOfField(field);
  if (scope === undefined && !isUseField(field)) return;
  if (!isTime(stored)) return unreadable('a time that is none');
  const value = stored - offsetMs;
  if (isUseField(field)) record[field] = Math.max(record[field], value);
  if (scope === undefined) return;
  cooldowns.seen(record, field);
  // One that is over would only take a place among those that are not.
  if (value > now) pool.coolDown(record, scope, { until: value, outcome: 'rate_limited', statedUntil: 0 }, by);
}

const isUseField = (field: string): field is 'lastUsedAt' | 'lastSuccessAt' | 'lastCheckedAt' =>
  field === 'lastUsedAt' || field === 'lastSuccessAt' || field === 'lastCheckedAt';

function applyState(target: DocumentTarget, value: Json): void {
  const { pool, record, by, now, freshMs, held, offsetMs, unreadable } = target;
  const stored = readState(value, offsetMs);
  // Deleted by another instance, and yet it lives here: that it is well the others are to know.
  if (isNoState(value) && record.state.status === 'healthy') held();
  if (!stored) {
    // A key that was never checked is no news.
    if (!isNoState(value)) unreadable('a state that is none');
    return;
  }
  if (isOfAnotherToken(record, stored)) return;
  const { failureStreak, reason, outcome } = stored;
  const state = withoutExpired(stored.state, now);
  // A verdict that is old is asked for again before the key is used.
  const provenAt = Math.max(record.lastCheckedAt, record.lastSuccessAt);
  if (by === 'store' && state.status === 'healthy' && now - provenAt > freshMs) return;
  const merged = stored.ended ? state : notShortened(record.state, state, now);
  if (merged !== record.state) {
    record.failureStreak = failureStreak;
    pool.setState(record, merged, by, (outcome ?? reason) && { outcome, reason });
  }
  if (merged !== state) held();
}

/** Whether a state was found out of another token than the key has. Of short-lived ones, each instance has its own. */
function isOfAnotherToken(record: KeyRecord, { state, token }: StoredState): boolean {
  const { id, key, tokens } = record;
  if (tokens === undefined) return (token ?? id) !== key.tokenId;
  return state.status === 'invalid_key' || (state.status === 'healthy' && isOfOwnToken(record));
}

/** A cooldown that is over by now is no cooldown. */
const withoutExpired = (state: KeyState, now: number): KeyState => (isCooldownOver(state, now) ? HEALTHY : state);

/** Instances' clocks and knowledge differ: a cooldown or re-check only ever gets longer, whichever change is the later one. */
function notShortened(here: KeyState, there: KeyState, now: number): KeyState {
  if (isRemoved(here) && isRemoved(there) && there.recheckAt < here.recheckAt)
    return { ...there, recheckAt: here.recheckAt };
  const cooldowns = isCoolingDown(here) && here.until > now && !isRemoved(there);
  return cooldowns && !(isCoolingDown(there) && there.until >= here.until) ? here : there;
}

function applyAdmin({ pool, record, by, unreadable }: DocumentTarget, value: Json): void {
  if (!isAdminState(value)) unreadable("an administrator's word that is none");
  else if (value === 'deleted') pool.delete(record, by);
  else pool.setEnabled(record, value !== 'disabled', by);
}

function applyIdentity({ pool, record, by, secretGone, secretChanged, unreadable }: DocumentTarget, value: Json): void {
  const identity = readIdentity(value);
  if (!identity) return unreadable('an identity that is none');
  if (record.origin === 'runtime' && identity.secret === undefined) secretGone();
  else if (record.origin === 'runtime' && (identity.token ?? record.id) !== record.key.tokenId) secretChanged(identity);
  // An administrator's changes hold over a restart, until the configuration itself says something else.
  if (record.configured !== undefined && identity.configured !== record.configured) return;
  const { label, weight, tier, limits, budgets, expiresAt } = identity;
  const hasSameLimits = JSON.stringify(limits ?? {}) === JSON.stringify(record.limits);
  const isSame = label === record.label && weight === record.weight && tier === record.tier && hasSameLimits;
  const hasSameBudgets = isDeepStrictEqual(budgets, record.budgets);
  if (isSame && hasSameBudgets && expiresAt === record.expiresAt) return;
  // All that is stored, also that there is no label, or no limit any more.
  record.label = label;
  const ends = expiresAt === record.expiresAt ? undefined : expiresAt === undefined ? null : new Date(expiresAt);
  const changes = { weight, tier, limits: { ...NO_LIMITS, ...limits }, expiresAt: ends };
  pool.update(record, { ...changes, ...(!hasSameBudgets && { budgets }) }, by);
}
