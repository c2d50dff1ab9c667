import { LONGEST_ACCOUNT } from '../../classification/classification';
import { redactReason, type RedactedText } from '../../classification/redaction/redact';
import { isOutcome } from '../../vendors/contract/outcome';
import { singleLine } from '../../common/text';
import {
  type CooldownScope,
  type Cooldown,
  HEALTHY,
  isRemoved,
  isCoolingDown,
  UNPROVEN,
  type KeyState,
  type FailureStreak,
} from '../../pool/key/key-state';
import { endpointName } from '../../pool/state/endpoint-name';
import { EXPIRY_THRESHOLDS, isExpiry, type ToldExpiry } from '../../pool/key/key-expiry';
import { modelName, type RecordOrigin } from '../../pool/key/key-input';
import type { FoundAccount } from '../../pool/limits/found-account';
import type { Budget } from '../../pool/limits/budget';
import type { KeyLimits } from '../../pool/limits/hard-limits';
import { budgetsIn } from './stored-budgets';
import type { KeyRecord } from '../../pool/key/key-record';
import type { Json, StoredDocument } from '../port/key-store';
import type { SealedKey } from './key-vault';

/** Documents of keys: `keys/<provider>/<id>`. */
export const KEYS = 'keys/';

export const documentOf = (provider: string, keyId: string): string => `${KEYS}${provider}/${keyId}`;

export function keyOfDocument(doc: string): { provider: string; keyId: string } | undefined {
  const [, provider, keyId, ...rest] = doc.split('/');
  return provider && keyId && rest.length === 0 ? { provider, keyId } : undefined;
}

/** Cooldowns for one model or endpoint are a register each, so that an administrator can end them, everywhere. */
const MODEL_COOLDOWN = 'rest:';
const ENDPOINT_COOLDOWN = 'rest@';
export const cooldownField = ({ model, endpoint }: CooldownScope): string =>
  model === undefined ? ENDPOINT_COOLDOWN + endpoint : MODEL_COOLDOWN + model;
export function scopeOfField(field: string): CooldownScope | undefined {
  if (field.startsWith(MODEL_COOLDOWN)) return { model: modelName(field.slice(MODEL_COOLDOWN.length)) };
  const endpoint = field.startsWith(ENDPOINT_COOLDOWN)
    ? endpointName(field.slice(ENDPOINT_COOLDOWN.length))
    : undefined;
  return endpoint === undefined ? undefined : { endpoint };
}

/** `ended`: an administrator ended what was there before; what is left of it holds, though it is shorter. */
export interface StoredCooldown {
  readonly cooldown: Cooldown;
  readonly ended: boolean;
}

const NO_COOLDOWN: Cooldown = { until: 0, outcome: 'unknown', statedUntil: 0 };
/** The stored form of a cooldown, its times by the store's clock. @param offsetMs By how much that clock is ahead; milliseconds. */
export function cooldownValue(offsetMs: number, cooldown: Cooldown = NO_COOLDOWN, ended = false): Json {
  const { until, outcome, statedUntil } = cooldown;
  return compact({
    until: until && until + offsetMs,
    outcome,
    statedUntil: statedUntil ? statedUntil + offsetMs : undefined,
    ended: ended || undefined,
  });
}

/** A stored cooldown by the clock of this instance; undefined for what makes no sense. */
export function readCooldown(value: Json, offsetMs: number): StoredCooldown | undefined {
  if (!isRecord(value)) return undefined;
  const { until, outcome, statedUntil = 0, ended } = value;
  if (!isTime(until) || !isTime(statedUntil)) return undefined;
  const cooldown = {
    until: until && until - offsetMs,
    outcome: isOutcome(outcome) ? outcome : ('unknown' as const),
    statedUntil: statedUntil && statedUntil - offsetMs,
  };
  return { cooldown, ended: ended === true };
}

/** Between two simultaneous states the more serious one wins. */
export const rankOf = (state: KeyState): number => (isRemoved(state) ? 2 : isCoolingDown(state) ? 1 : 0);

/** What a key is, apart from how it stands. `secret`: the encrypted key, for keys added at run time. */
export interface StoredIdentity {
  readonly maskedKey: string;
  readonly origin: RecordOrigin;
  readonly label?: string;
  readonly weight: number;
  readonly tier: number;
  readonly quotaGroup?: string;
  readonly models?: string[];
  readonly limits?: KeyLimits;
  readonly budgets: Budget[];
  readonly secret?: string;
  /** The id that the key itself would have, where it was given another. */
  readonly token?: string;
  /** The encrypted base URL and headers that the key has of its own. */
  readonly route?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** What the configuration said of the key when this was written. */
  readonly configured?: string;
}

/** Short-lived tokens are not stored, not even masked. */
const NO_MASK = '***';
const tokenOf = ({ key, tokens }: KeyRecord): string | undefined =>
  key.isNamed && tokens === undefined ? key.tokenId : undefined;

/** The state is of the token that this instance has, or lacks: other instances have their own. */
export const isOfOwnToken = ({ tokens, state }: KeyRecord): boolean =>
  tokens !== undefined && (tokens.isLacking || state.status === 'invalid_key');

export const identityOf = (record: KeyRecord, sealed: SealedKey | undefined): Json =>
  compact({
    maskedKey: record.tokens ? NO_MASK : record.key.masked,
    origin: record.origin,
    label: record.label,
    weight: record.weight,
    tier: record.tier || undefined,
    quotaGroup: record.quotaGroup,
    models: record.models && [...record.models],
    limits: compact({ ...record.limits }),
    budgets: record.budgets.length > 0 ? record.budgets : undefined,
    secret: sealed?.secret,
    token: tokenOf(record),
    route: sealed?.route,
    expiresAt: record.expiresAt,
    configured: record.configured,
  });

export const switchOf = ({ isSwitchedOff }: KeyRecord): AdminState => (isSwitchedOff ? 'disabled' : 'enabled');

/** What was told of a key's end: a register of its own, so that no instance tells it again. */
export const EXPIRY_FIELD = 'expiry';
export const toldValue = ({ expiresAt, days }: ToldExpiry): Json => ({ expiresAt, days });
export function readTold(value: Json): ToldExpiry | undefined {
  if (!isRecord(value) || !isExpiry(value.expiresAt)) return undefined;
  const days = EXPIRY_THRESHOLDS.find((each) => each === value.days);
  return days && { expiresAt: value.expiresAt, days };
}

/** The stored form of what answers have told of the account behind a key. */
export const accountValue = (record: KeyRecord, found: FoundAccount): Json =>
  compact(found.isApart ? { apart: true, token: tokenOf(record) } : { name: found.name, token: tokenOf(record) });

/** Undefined for what makes no sense. `token`: as in {@link StoredIdentity}. */
export function readAccount(value: Json): { readonly found: FoundAccount; readonly token?: string } | undefined {
  if (!isRecord(value)) return undefined;
  const token = text(value.token);
  if (value.apart === true) return { found: { isApart: true }, token };
  const name = shortText(value.name);
  return name ? { found: { name: name.slice(0, LONGEST_ACCOUNT) }, token } : undefined;
}

/** All registers of a key in its pool, with times by the store's clock. @param offsetMs By how much that clock is ahead; milliseconds. */
export const registersOf = (
  record: KeyRecord,
  sealed: SealedKey | undefined,
  offsetMs: number,
): Record<string, Json> => ({
  identity: identityOf(record, sealed),
  state: isOfOwnToken(record) ? NO_STATE : stateOf(record, offsetMs),
  admin: switchOf(record),
  ...(record.toldExpiry && { [EXPIRY_FIELD]: toldValue(record.toldExpiry) }),
});

export function readIdentity(value: Json): StoredIdentity | undefined {
  if (!isRecord(value) || typeof value.maskedKey !== 'string') return undefined;
  const { maskedKey, label, weight, tier, quotaGroup, models, limits, secret, token, route } = value;
  return {
    maskedKey: singleLine(maskedKey, LONGEST_MASK),
    origin: value.origin === 'runtime' ? 'runtime' : 'configuration',
    label: shortText(label),
    weight: Math.min(positive(weight) ?? 1, GREATEST_WEIGHT),
    tier: typeof tier === 'number' && Number.isInteger(tier) && tier >= 0 ? Math.min(tier, GREATEST_TIER) : 0,
    quotaGroup: shortText(quotaGroup),
    models: Array.isArray(models)
      ? models.flatMap((model) => (typeof model === 'string' ? [modelName(model)] : [])).slice(0, MOST_MODELS)
      : undefined,
    limits: isRecord(limits) ? limitsIn(limits) : undefined,
    budgets: budgetsIn(value.budgets),
    secret: text(secret),
    token: text(token),
    route: text(route),
    expiresAt: isExpiry(value.expiresAt) ? value.expiresAt : undefined,
    configured: text(value.configured),
  };
}

/** A state with what explains it. */
export interface StoredState {
  readonly state: KeyState;
  readonly outcome?: KeyRecord['outcome'];
  readonly reason?: RedactedText;
  readonly failureStreak?: FailureStreak;
  /** As in {@link StoredIdentity}: of which token it was found out. */
  readonly token?: string;
  /** A cooldown was ended before its time: this state holds against another that cools down for longer. */
  readonly ended?: boolean;
}

export function stateOf(record: KeyRecord, offsetMs: number, ended = false): Json {
  const { state, outcome, reason, failureStreak } = record;
  return compact({
    ...shiftedState(state, offsetMs),
    token: tokenOf(record),
    outcome,
    reason,
    strikes: failureStreak && storedStreak(failureStreak, offsetMs),
    ended: ended || undefined,
  });
}

/** The state of a deleted key: unknown. Added again, it starts afresh. */
export const NO_STATE: Json = { status: 'unchecked' };
/** Whether a stored state says nothing: the key was deleted, or not checked yet. */
export const isNoState = (value: Json): boolean => isRecord(value) && value.status === 'unchecked';

/** A stored state by the clock of this instance; undefined for what makes no sense. */
export function readState(value: Json, offsetMs = 0): StoredState | undefined {
  if (!isRecord(value)) return undefined;
  const state = bareState(value);
  if (!state) return undefined;
  const { outcome, strikes } = value;
  return {
    state: shiftedState(state, -offsetMs),
    outcome: isOutcome(outcome) ? outcome : undefined,
    reason: redactReason(shortText(value.reason)),
    failureStreak: streakIn(strikes, offsetMs),
    token: text(value.token),
    ended: value.ended === true,
  };
}

/** The stored fields have had these names from the start. */
const storedStreak = ({ outcome, count, lastAt }: FailureStreak, offsetMs: number): Json => ({
  outcome,
  count,
  at: lastAt + offsetMs,
});

function streakIn(value: Json | undefined, offsetMs: number): FailureStreak | undefined {
  if (!isRecord(value) || !isOutcome(value.outcome)) return undefined;
  const { outcome, count, at } = value;
  const isCount = typeof count === 'number' && Number.isInteger(count) && count > 0;
  return { outcome, count: isCount ? Math.min(count, GREATEST_STREAK) : 1, lastAt: (isTime(at) ? at : 0) - offsetMs };
}

function bareState({
  status,
  until = 0,
  recheckAt,
  unproven,
  statedUntil,
}: Record<string, Json>): KeyState | undefined {
  switch (status) {
    case 'healthy':
      return unproven === true ? UNPROVEN : HEALTHY;
    case 'rate_limited':
    case 'cooling_down':
    case 'resting':
      if (!isTime(until)) return undefined;
      // The version before called it resting.
      return {
        status: status === 'resting' ? 'cooling_down' : status,
        until,
        ...(isTime(statedUntil) && statedUntil > 0 && { statedUntil }),
      };
    case 'invalid_key':
    case 'quota_exceeded':
      return recheckAt === undefined || isTime(recheckAt) ? { status, recheckAt: recheckAt ?? 0 } : undefined;
    default:
      return undefined;
  }
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const shortText = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? singleLine(value, LONGEST_TEXT) : undefined;
const positive = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && value > 0 && value < Infinity ? value : undefined;

/** As much as the options take; more was not written by this package. */
const LONGEST_MASK = 40;
const LONGEST_TEXT = 500;
const GREATEST_WEIGHT = 1_000;
const GREATEST_TIER = 1_000;
const MOST_MODELS = 1_000;
const GREATEST_STREAK = 1_000;

const LIMITS: readonly string[] = [
  'concurrency',
  'requestsPerMinute',
  'tokensPerMinute',
  'requestsPerDay',
  'tokensPerDay',
] satisfies (keyof KeyLimits)[];

/** The limits that are positive numbers: a store that others can write to must not bring anything else into the pool. */
const limitsIn = (stored: Record<string, Json>): KeyLimits =>
  Object.fromEntries(Object.entries(stored).filter(([name, value]) => LIMITS.includes(name) && positive(value)));

export const isRecord = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const compact = (value: Record<string, unknown>): Record<string, Json> =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Record<string, Json>;

/** An administrator's switch: it lies over the state, and nothing but an administrator undoes it. */
export type AdminState = 'enabled' | 'disabled' | 'deleted';

export const isAdminState = (value: Json): value is AdminState =>
  value === 'enabled' || value === 'disabled' || value === 'deleted';

export const adminOf = (document: StoredDocument | undefined): Json | undefined => document?.registers.admin?.value;

/** A later time is taken for a mistake. */
const LATEST = Date.UTC(2100, 0, 1);

/** Milliseconds since the epoch that a stored document may hold. */
export const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= LATEST;

/** The state by another clock. @param byMs By how much that clock is ahead; milliseconds. */
function shiftedState(state: KeyState, byMs: number): KeyState {
  if (byMs === 0) return state;
  if (isCoolingDown(state)) {
    const { until, statedUntil } = state;
    return { ...state, until: until + byMs, ...(statedUntil && { statedUntil: statedUntil + byMs }) };
  }
  return isRemoved(state) ? { ...state, recheckAt: state.recheckAt + byMs } : state;
}
