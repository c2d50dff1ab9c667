import { isOutcome } from '../vendors/contract/outcome';
import { singleLine } from '../common/text';
import { isRecord, isTime } from '../store/keys/key-documents';
import type { Json } from '../store/port/key-store';
import type { AdminActionRecord, LogEntry, UnnumberedEntry } from './event-log';
import { PERIODS } from '../common/period-end';
import { BUDGET_SCOPES, BUDGET_THRESHOLDS, BUDGET_UNITS } from '../pool/limits/budget';
import {
  BULK_CHANGES,
  KEY_EVENT_TYPES,
  PROVIDER_STATES,
  RUN_OUT_WARNINGS,
  type KeyEvent,
  type KeyEventType,
  type ProviderEvent,
} from '../pool/key-events';
import { EXPIRY_THRESHOLDS } from '../pool/key/key-expiry';
import { KEY_STATUSES } from '../pool/key/key-state';

/** An entry as the store holds it: JSON, times in milliseconds since the epoch. */
export function recordOf(entry: LogEntry): Json {
  const { id, type, at, ...subject } = entry;
  return JSON.parse(JSON.stringify({ id, at: at.getTime(), type, ...subject })) as Json;
}

export interface StoredEntry {
  /** Its number in the log of the instance that wrote it. */
  readonly id: number;
  readonly entry: UnnumberedEntry;
}

const KEY_EVENTS: ReadonlySet<string> = new Set<KeyEventType>(KEY_EVENT_TYPES);

/** Greater numbers were given to no entry. */
const GREATEST_ID = 2 ** 40;
const LONGEST_TEXT = 1_000;
const MOST_FIELDS = 50;

/** Undefined for what cannot be read: another version of the package may have written it, or somebody else. */
export function readRecord(value: Json): StoredEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { id, event, action } = value;
  // The version before called it so.
  const type = value.type === 'model_rested' ? 'model_cooled_down' : value.type;
  if (typeof id !== 'number' || !(id >= 0 && id <= GREATEST_ID) || !isTime(value.at) || typeof type !== 'string')
    return undefined;
  const at = new Date(value.at);
  if (type === 'admin_action')
    return isAction(action) ? { id, entry: { type, at, action: actionIn(action) } } : undefined;
  if (type === 'store_damaged') return { id, entry: { type, at, reason: text(value.reason) ?? '' } };
  if (!KEY_EVENTS.has(type) || !isRecord(event)) return undefined;
  const read = eventIn(event, type, at);
  return read && { id, entry: { type: type as KeyEventType, at, event: read } };
}

const isAction = (value: Json | undefined): value is Record<string, Json> & { action: string } =>
  isRecord(value) && typeof value.action === 'string';

const actionIn = ({
  action,
  role,
  address,
  provider,
  keyId,
  bulkAction,
  counts,
  result,
  status,
}: Record<string, Json>): AdminActionRecord => ({
  action: text(action) ?? '',
  role: text(role),
  address: text(address),
  provider: text(provider),
  keyId: text(keyId),
  ...(text(bulkAction) !== undefined && { bulkAction: text(bulkAction), counts: countsIn(counts) }),
  result: result === 'ok' || result === 'refused' ? result : 'failed',
  status: typeof status === 'number' && status >= 100 && status < 600 ? status : 500,
});

/** Names of the package's own, and whole numbers. */
const countsIn = (counts: Json | undefined): Record<string, number> =>
  Object.fromEntries(
    Object.entries(isRecord(counts) ? counts : {})
      .filter((each): each is [string, number] => /^[a-z_]{1,30}$/.test(each[0]) && Number.isSafeInteger(each[1]))
      .slice(0, MOST_FIELDS),
  );

/** Only what an event may hold, each of its kind; undefined where something is missing that those who read events rely on. */
function eventIn(event: Record<string, Json>, type: string, at: Date): KeyEvent | undefined {
  const [provider, keyId, maskedKey, by] = [event.provider, event.keyId, event.maskedKey, event.by].map(text);
  if (provider === undefined || by === undefined) return undefined;
  if (type === 'runs_out') return runOutIn(event, { type, provider, by, at, keyId, maskedKey });
  if (
    type === 'provider_failing' ||
    type === 'provider_recovered' ||
    type === 'usable_keys_low' ||
    type === 'provider_paused'
  )
    return providerEventIn(event, { type, provider, by, at });
  if (type === 'provider_resumed') {
    const [reason, since] = [text(event.reason) ?? '', dateIn(event.since)];
    return since && ({ type, provider, by, at, reason, since } as KeyEvent);
  }
  if (type === 'keys_changed') {
    const change = BULK_CHANGES.find((each) => each === event.change);
    const isRead = change !== undefined && Number.isSafeInteger(event.count);
    return isRead ? ({ type, provider, by, at, change, count: event.count } as KeyEvent) : undefined;
  }
  if (type === 'budget_threshold') return budgetEventIn(event, { type, provider, by, at });
  if (type === 'removals_doubted') {
    const reason = text(event.reason) ?? '';
    return isOutcome(event.outcome)
      ? ({ type, provider, by, at, outcome: event.outcome, reason } as KeyEvent)
      : undefined;
  }
  if (keyId === undefined || maskedKey === undefined) return undefined;
  const [status, from, to] = [event.status, event.from, event.to].map(statusIn);
  if (type === 'status_changed' && (from === undefined || to === undefined)) return undefined;
  if (type === 'key_added' && status === undefined) return undefined;
  const [until, model, endpoint] = [dateIn(event.until), text(event.model), text(event.endpoint)];
  if (type === 'model_cooled_down' && (until === undefined || model === undefined)) return undefined;
  if (type === 'endpoint_cooled_down' && (until === undefined || endpoint === undefined)) return undefined;
  const fields = Array.isArray(event.fields)
    ? event.fields.slice(0, MOST_FIELDS).flatMap((field) => text(field) ?? [])
    : undefined;
  if (type === 'key_updated' && fields === undefined) return undefined;
  const [expiresAt, days] = [dateIn(event.expiresAt), EXPIRY_THRESHOLDS.find((each) => each === event.days)];
  if (type === 'key_expiring' && (expiresAt === undefined || days === undefined)) return undefined;
  const outcome = isOutcome(event.outcome) ? event.outcome : undefined;
  const optional = {
    status,
    from,
    to,
    outcome,
    reason: text(event.reason),
    until,
    model,
    endpoint,
    fields,
    expiresAt,
    days,
  };
  const said = Object.entries(optional).filter(([, each]) => each !== undefined);
  return { type, provider, keyId, maskedKey, by, at, ...Object.fromEntries(said) } as unknown as KeyEvent;
}

/** An event of a provider as a whole. */
function providerEventIn(
  event: Record<string, Json>,
  base: { type: ProviderEvent['type'] | 'provider_paused'; provider: string; by: string; at: Date },
): KeyEvent | undefined {
  const state = PROVIDER_STATES.find((each) => each === event.state);
  const since = dateIn(event.since);
  if (state === undefined || (base.type === 'provider_recovered' && since === undefined)) return undefined;
  const [reason, until] = [text(event.reason) ?? '', dateIn(event.until)];
  if (base.type === 'usable_keys_low') {
    const { usableKeys, minimum } = event;
    if (typeof usableKeys !== 'number' || typeof minimum !== 'number') return undefined;
    return { ...base, state, reason, usableKeys, minimum } as KeyEvent;
  }
  return { ...base, state, reason, ...(until && { until }), ...(since && { since }) } as KeyEvent;
}

/** What runs out soon. */
function runOutIn(
  event: Record<string, Json>,
  base: { type: 'runs_out'; provider: string; by: string; at: Date; keyId?: string; maskedKey?: string },
): KeyEvent | undefined {
  const hours = RUN_OUT_WARNINGS.find((each) => each === event.hours);
  const [unit, runsOutAt, account] = [text(event.unit), dateIn(event.runsOutAt), text(event.account)];
  const { left } = event;
  if (hours === undefined || unit === undefined || runsOutAt === undefined || typeof left !== 'number')
    return undefined;
  const reason = text(event.reason) ?? '';
  return { ...base, ...(account !== undefined && { account }), hours, unit, left, runsOutAt, reason } as KeyEvent;
}

/** An event of a budget. */
function budgetEventIn(
  event: Record<string, Json>,
  base: { type: 'budget_threshold'; provider: string; by: string; at: Date },
): KeyEvent | undefined {
  const [keyId, maskedKey, account, reason] = [event.keyId, event.maskedKey, event.account, event.reason].map(text);
  const scope = BUDGET_SCOPES.find((each) => each === event.scope);
  const percent = BUDGET_THRESHOLDS.find((each) => each === event.percent);
  const unit = BUDGET_UNITS.find((each) => each === event.unit);
  const per = PERIODS.find((each) => each === event.per);
  const { limit, spent } = event;
  const until = dateIn(event.until);
  if (!scope || !percent || !unit || !per || !until || typeof limit !== 'number' || typeof spent !== 'number')
    return undefined;
  return {
    ...base,
    ...(keyId !== undefined && { keyId, maskedKey }),
    scope,
    ...(account !== undefined && { account }),
    ...{ percent, unit, limit, spent, per, until },
    reason: reason ?? '',
  } as KeyEvent;
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? singleLine(value, LONGEST_TEXT) : undefined;

function statusIn(value: Json | undefined): string | undefined {
  if (value === 'resting') return 'cooling_down';
  return (KEY_STATUSES as readonly (Json | undefined)[]).includes(value) ? (value as string) : undefined;
}

function dateIn(value: Json | undefined): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date && isTime(date.getTime()) ? date : undefined;
}
