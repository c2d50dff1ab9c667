import { isOutcome } from '../classification/outcome';
import type { Cooldown, CooldownScope } from '../pool/cooldown';
import type { KeyLimits, KeyOrigin } from '../pool/key-input';
import type { KeyRecord } from '../pool/key-record';
import { HEALTHY, isRemoved, isResting, UNPROVEN, type KeyState, type Strikes } from '../pool/key-state';
import type { Json, StoredDocument } from './key-store';

/** Documents of keys: `keys/<provider>/<id>`. */
export const KEYS = 'keys/';

export const documentOf = (provider: string, keyId: string): string => `${KEYS}${provider}/${keyId}`;

export function keyOfDocument(doc: string): { provider: string; keyId: string } | undefined {
  const [, provider, keyId, ...rest] = doc.split('/');
  return provider && keyId && rest.length === 0 ? { provider, keyId } : undefined;
}

/** Cooldowns for one model or endpoint are a register each, so that an administrator can end them, everywhere. */
const MODEL_REST = 'rest:';
const ENDPOINT_REST = 'rest@';
export const cooldownField = ({ model, endpoint }: CooldownScope): string =>
  model === undefined ? ENDPOINT_REST + endpoint : MODEL_REST + model;
export function scopeOfField(field: string): CooldownScope | undefined {
  if (field.startsWith(MODEL_REST)) return { model: field.slice(MODEL_REST.length) };
  return field.startsWith(ENDPOINT_REST) ? { endpoint: field.slice(ENDPOINT_REST.length) } : undefined;
}

/** `ended`: an administrator ended what was there before; what is left of it holds, though it is shorter. */
export interface StoredCooldown {
  readonly cooldown: Cooldown;
  readonly ended: boolean;
}

const NO_COOLDOWN: Cooldown = { until: 0, outcome: 'unknown', statedUntil: 0 };
export const cooldownValue = (cooldown: Cooldown = NO_COOLDOWN, ended = false): Json =>
  compact({
    until: cooldown.until,
    outcome: cooldown.outcome,
    statedUntil: cooldown.statedUntil || undefined,
    ended: ended || undefined,
  });

export function readCooldown(value: Json): StoredCooldown | undefined {
  if (!isRecord(value)) return undefined;
  const { until, outcome, statedUntil, ended } = value;
  const cooldown = {
    until: number(until) ?? 0,
    outcome: isOutcome(outcome) ? outcome : 'unknown',
    statedUntil: number(statedUntil) ?? 0,
  };
  return { cooldown, ended: ended === true };
}

/** Of two simultaneous verdicts the graver one wins. */
export const rankOf = (state: KeyState): number => (isRemoved(state) ? 2 : isResting(state) ? 1 : 0);

/** What a key is, apart from how it stands. `secret`: the encrypted key, for keys added at run time. */
export interface StoredIdentity {
  readonly maskedKey: string;
  readonly origin: KeyOrigin;
  readonly label?: string;
  readonly weight: number;
  readonly quotaGroup?: string;
  readonly models?: string[];
  readonly limits?: KeyLimits;
  readonly secret?: string;
  /** What the configuration said of the key when this was written. */
  readonly configured?: string;
}

export function identityOf(record: KeyRecord, secret: string | undefined): Json {
  return compact({
    maskedKey: record.key.masked,
    origin: record.origin,
    label: record.label,
    weight: record.weight,
    quotaGroup: record.quotaGroup,
    models: record.models && [...record.models],
    limits: compact({ ...record.limits }),
    secret,
    configured: record.configured,
  });
}

/** All registers of a key in its pool. */
export const registersOf = (record: KeyRecord, secret: string | undefined): Record<string, Json> => ({
  identity: identityOf(record, secret),
  state: stateOf(record),
  admin: record.enabled ? 'enabled' : 'disabled',
});

export function readIdentity(value: Json): StoredIdentity | undefined {
  if (!isRecord(value) || typeof value.maskedKey !== 'string') return undefined;
  const { maskedKey, label, weight, quotaGroup, models, limits, secret } = value;
  return {
    maskedKey,
    origin: value.origin === 'runtime' ? 'runtime' : 'configuration',
    label: text(label),
    weight: positive(weight) ?? 1,
    quotaGroup: text(quotaGroup),
    models: Array.isArray(models) ? models.filter((model) => typeof model === 'string') : undefined,
    limits: isRecord(limits) ? limitsIn(limits) : undefined,
    secret: text(secret),
    configured: text(value.configured),
  };
}

/** A state with what explains it. */
export interface StoredState {
  readonly state: KeyState;
  readonly outcome?: KeyRecord['outcome'];
  readonly reason?: string;
  readonly strikes?: Strikes;
  /** A cooldown was ended before its time: this state holds against one that cools down for longer. */
  readonly ended?: boolean;
}

export const stateOf = ({ state, outcome, reason, strikes }: KeyRecord, ended = false): Json =>
  compact({ ...state, outcome, reason, strikes: strikes && compact({ ...strikes }), ended: ended || undefined });

/** What is known of a deleted key's standing: nothing. Added again, it starts afresh. */
export const NO_STATE: Json = { status: 'unchecked' };
export const isNoState = (value: Json): boolean => isRecord(value) && value.status === 'unchecked';

export function readState(value: Json): StoredState | undefined {
  if (!isRecord(value)) return undefined;
  const state = bareState(value);
  if (!state) return undefined;
  const { outcome, strikes } = value;
  return {
    state,
    outcome: isOutcome(outcome) ? outcome : undefined,
    reason: text(value.reason),
    ended: value.ended === true,
    strikes:
      isRecord(strikes) && isOutcome(strikes.outcome)
        ? { outcome: strikes.outcome, count: number(strikes.count) ?? 1, at: number(strikes.at) ?? 0 }
        : undefined,
  };
}

function bareState({ status, until, recheckAt, unproven, statedUntil }: Record<string, Json>): KeyState | undefined {
  switch (status) {
    case 'healthy':
      return unproven === true ? UNPROVEN : HEALTHY;
    case 'rate_limited':
    case 'resting':
      return { status, until: number(until) ?? 0, ...(number(statedUntil) && { statedUntil: number(statedUntil) }) };
    case 'invalid_key':
    case 'quota_exceeded':
      return { status, recheckAt: number(recheckAt) ?? 0 };
    default:
      return undefined;
  }
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined);
const positive = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && value > 0 && value < Infinity ? value : undefined;

const LIMITS: readonly string[] = ['concurrency', 'requestsPerMinute', 'tokensPerMinute'] satisfies (keyof KeyLimits)[];

/** Whoever can write to the store must not make the pool reckon with what is no number. */
const limitsIn = (stored: Record<string, Json>): KeyLimits =>
  Object.fromEntries(Object.entries(stored).filter(([name, value]) => LIMITS.includes(name) && positive(value)));

const isRecord = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function compact(value: Record<string, unknown>): Record<string, Json> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Record<string, Json>;
}

/** An administrator's switch: it lies over the state, and nothing but an administrator undoes it. */
export type AdminState = 'enabled' | 'disabled' | 'deleted';

export const adminOf = (document: StoredDocument | undefined): Json | undefined => document?.registers.admin?.value;
