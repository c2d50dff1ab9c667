import { z } from 'zod';
import {
  component,
  flag,
  integer,
  listOf,
  nullableNumber,
  nullableOneOf,
  nullableText,
  nullableTime,
  number,
  oneOf,
  text,
  time,
} from '../common/api-schema';
import { PERIODS } from '../common/period-end';
import { BUDGET_SCOPES, BUDGET_UNITS } from '../pool/limits/budget';
import { PROVIDER_STATES } from '../pool/key-events';
import { ACCOUNT_ORIGINS } from '../pool/key/account';
import { KEY_STATUSES } from '../pool/key/key-state';
import { OUTCOMES } from '../vendors/contract/outcome';

/*
 * The documents of status and analytics, declared once for the code, the OpenAPI document and the page of the dashboard: fields in
 * snake_case, times in ISO 8601, durations in seconds, rates in per cent.
 */

export const providerName = text('openai');
export const keyId = text(
  '3f1c9a0b7d2e4a61',
  'The id that was given with the key, or else the first 16 hex digits of its SHA-256.',
);
export const maskedKey = text('sk-1234...cdef');
const responseTime = nullableNumber(1.2, 'Seconds; null before the first success.');

/** How a provider stands, as this instance sees it. */
export const PROVIDER_STATE_FIELDS = z.object({
  state: oneOf(PROVIDER_STATES, 'serving', 'As this instance sees it, gravest first.'),
  /** One sentence, and one more while removals are doubted (`removals_doubted`). */
  state_reason: text('38 calls in the last five minutes, and none failed by a fault of the vendor or the keys.'),
  state_since: time(),
  state_until: nullableTime('When the state may end, where that is known.', null),
});
export type ProviderStateFields = z.infer<typeof PROVIDER_STATE_FIELDS>;

/** What the calls of a key, or of several, used of all time, as far as their answers state it. */
const USAGE = component('UsageDto', {
  requests: integer(21, 'Calls that the vendor has answered.'),
  requests_without_usage: integer(0, 'Those whose answers state nothing: what they used is in no sum.'),
  requests_without_cost: integer(
    0,
    'Those that state what they used, but have no price that is known: `cost_usd` is without them. Missing where there are none.',
  ).optional(),
  input_tokens: integer(2_100, 'What was read from and written to a cache included.'),
  output_tokens: integer(420, 'Reasoning included.'),
  cached_input_tokens: integer(1_024, 'Of the input, what was read from a cache.'),
  cache_write_tokens: integer(0, 'Of the input, what was written to a cache.'),
  reasoning_tokens: integer(128, 'Of the output.'),
  cost_usd: nullableNumber(0.0067, 'US dollars, as far as they are known; null where nothing is.'),
});
export type UsageEntry = z.infer<typeof USAGE>;

/** The same of one model. */
export const MODEL_USAGE = component('ModelUsageDto', {
  model: nullableText('gpt-5', 'Null: the calls that named none.'),
  ...USAGE.shape,
});
export type ModelUsage = z.infer<typeof MODEL_USAGE>;

/** What a vendor says is left of a key. */
const BALANCE = z.object({
  left: number(12.5),
  unit: text('usd', 'In lower case, as the vendor counts: `usd`, `cny`, `characters`.'),
  read_at: time('When the vendor said so.'),
});

const RUN_OUT_RANGE = z.object({
  earliest: time(),
  latest: nullableTime('Null: it may also not run out.', null),
});

/** When something is spent. */
const runOutFields = (at: string) => ({
  runs_out_at: nullableTime(at, null),
  runs_out_between: RUN_OUT_RANGE.nullable().meta({
    example: null,
    description:
      'Between which times that may be, as long as it is not sure: in the first hour, and where spending is uneven.',
  }),
});
export interface RunOutFields {
  runs_out_at: string | null;
  runs_out_between: z.infer<typeof RUN_OUT_RANGE> | null;
}

/** How a budget that counts a key's calls stands. */
const BUDGET_STATUS = component('BudgetStatusDto', {
  scope: oneOf(BUDGET_SCOPES, 'key', 'Whose calls it counts.'),
  per: oneOf(PERIODS, 'day'),
  unit: oneOf(BUDGET_UNITS, 'usd'),
  limit: number(10),
  spent: number(4.2, 'By all instances in the period, without calls in flight.'),
  ends_at: time('When the period ends.'),
  ...runOutFields('When it is expected to be spent, where that is before the period ends.'),
});

/** The same of a whole provider, or of an account of it. */
const SHARED_BUDGET = component('SharedBudgetStatusDto', {
  ...BUDGET_STATUS.shape,
  account: text('team-a', 'Of the scope `account`: whose it is.').optional(),
});
export type SharedBudgetStatus = z.infer<typeof SHARED_BUDGET>;
const SHARED_BUDGETS = listOf(
  SHARED_BUDGET,
  'The budgets of the provider, then those of its accounts, the nearest to its limit first. Those of single keys are with the keys.',
);

/** A key as the status and the analytics show it. */
export const KEY_STATUS_ENTRY = component('KeyStatusDto', {
  id: keyId,
  masked_key: maskedKey,
  status: oneOf(KEY_STATUSES, 'healthy'),
  /** Per cent of the calls that speak of the key; 100 before the first. */
  success_rate: number(95.5, 'Per cent.'),
  response_time: nullableNumber(1.2, 'Seconds, exponentially weighted.'),
  error_count: integer(1),
  success_count: integer(21),
  in_flight: integer(0),
  usage: USAGE,
  tier: integer(0, 'Keys of lower tiers are used first.'),
  quota_group: nullableText(null, 'The vendor account that the key shares with others, where it is known.'),
  quota_group_from: nullableOneOf(ACCOUNT_ORIGINS, 'declared', 'How that is known: by the settings, or from answers.'),
  origin: text(
    'environment',
    'What gave the key: `environment`, `options`, `administrator`, or the name of its key source.',
  ),
  expires_at: nullableTime('When the vendor ends the key, where that is known.'),
  balance: BALANCE.nullable().meta({
    example: null,
    description: 'What its vendor says is left of it or of its account, where the vendor tells.',
  }),
  ...runOutFields('When what is left of it is spent, at the present pace.'),
  budgets: listOf(
    BUDGET_STATUS,
    'The budgets that count its calls: its own, and those of its account and its provider.',
  ),
  reason: nullableText(null, 'Why the key is not healthy.'),
  cooldown_until: nullableTime('Until then the key is not chosen.'),
  recheck_at: nullableTime('When the removed key is checked again.'),
  last_used_at: nullableTime(),
  last_checked_at: nullableTime(),
});
export type KeyStatusEntry = z.infer<typeof KEY_STATUS_ENTRY>;

const SYSTEM_INFO = component('SystemInfoDto', {
  max_retries: integer(3),
  initialized_providers: z.array(z.string()).meta({ example: ['openai'] }),
  /** Firebase keeps the state, and can be reached. */
  firebase_available: flag(false),
  health_check_interval_minutes: number(10),
  store: text('file'),
  /** Of the store: apps in one namespace of one store share their pools. */
  namespace: text('default'),
  instance_id: z.string().meta({ format: 'uuid' }),
});
export type SystemInfo = z.infer<typeof SYSTEM_INFO>;

const RUNS_OUT = runOutFields('When no key has anything left, at the present pace.');

const PROVIDER_STATUS = component('ProviderStatusDto', {
  ...PROVIDER_STATE_FIELDS.shape,
  like: text('openai', 'Of a pool that was opened at run time alone: the provider that it goes by.').optional(),
  tenant: text('Customer 17', 'Of such a pool: whose keys it has, where that was said.').optional(),
  ...RUNS_OUT,
  budgets: SHARED_BUDGETS,
  total_keys: integer(5),
  healthy_keys: integer(3),
  removed_keys: integer(2),
  status_breakdown: z
    .partialRecord(z.enum(KEY_STATUSES), integer())
    .meta({ example: { healthy: 3, invalid_key: 1, quota_exceeded: 1 } }),
  keys: listOf(KEY_STATUS_ENTRY),
});
export type ProviderStatus = z.infer<typeof PROVIDER_STATUS>;

/** The specification's status document, as `GET /health/keys` answers it. */
export const COMPREHENSIVE_STATUS = component('ComprehensiveStatusDto', {
  system_info: SYSTEM_INFO,
  key_pools: component('KeyPoolsDto', { providers: z.record(z.string(), PROVIDER_STATUS) }),
  global_stats: component('GlobalStatsDto', {
    total_requests: integer(150, 'Calls, not attempts.'),
    total_failures: integer(12),
    keys_removed: integer(3),
  }),
});
export type ComprehensiveStatus = z.infer<typeof COMPREHENSIVE_STATUS>;

/** The part of a provider's summary that calls make, whatever keys there are. The times are of the last 24 hours. */
const CALL_SUMMARY = {
  success_rate: nullableNumber(92, 'Per cent of the calls; null before the first.'),
  average_response_time: responseTime,
  response_time_p50: responseTime,
  response_time_p95: responseTime,
  requests: integer(150),
  failures: integer(12),
  retries: integer(20),
  keys_removed: integer(2),
  usage: USAGE,
};

/** One minute or hour of a provider: calls, and the attempts that met a rate limit. Of a key, all figures are of attempts. */
export const TIMELINE_ENTRY = component('TimelineEntryDto', {
  /** When it begins. */
  at: time(),
  requests: integer(),
  failures: integer(),
  rate_limited: integer(),
  keys_removed: integer(),
  average_response_time: responseTime,
  usage: USAGE.optional().meta({ description: 'Missing where no call was answered, and of a key.' }),
});
export type TimelineEntry = z.infer<typeof TIMELINE_ENTRY>;

const RECENT_EVENT = component('RecentEventDto', {
  at: time(),
  type: text('status_changed'),
  key_id: text('3f1c9a0b7d2e4a61', 'Missing where it is of the provider.').optional(),
  masked_key: maskedKey.optional(),
  by: text('call'),
  from: text('healthy').optional(),
  to: text('invalid_key').optional(),
  outcome: oneOf(OUTCOMES).optional(),
  reason: text('Incorrect API key provided').optional(),
  state: oneOf(PROVIDER_STATES, 'failing').optional(),
});
export type RecentEvent = z.infer<typeof RECENT_EVENT>;

/** Analytics of one provider, as `KeyManagerService` answers them. */
export const PROVIDER_ANALYTICS = z.object({
  provider: providerName,
  summary: component('AnalyticsSummaryDto', {
    total_keys: integer(5),
    healthy_keys: integer(3),
    health_percentage: number(60, 'Per cent.'),
    ...CALL_SUMMARY,
    ...RUNS_OUT,
    budgets: SHARED_BUDGETS,
    usage_by_model: listOf(
      MODEL_USAGE,
      'What calls used by model, of the keys that are in the pool: the hundred that were called most.',
    ),
    usage_by_account: listOf(
      component('AccountUsageDto', {
        account: nullableText('org-1', 'Null: the keys of which no account is known.'),
        ...USAGE.shape,
      }),
      'The same by account of the vendor.',
    ),
  }),
  outcomes: z
    .partialRecord(z.enum(OUTCOMES), integer())
    .meta({ description: 'Attempts by outcome.', example: { ok: 138, rate_limited: 20 } }),
  timeline: listOf(TIMELINE_ENTRY),
  keys: listOf(KEY_STATUS_ENTRY, 'A page of them, in the order of their ids.'),
  recent_events: listOf(RECENT_EVENT, 'Newest first.'),
});
export type ProviderAnalytics = z.infer<typeof PROVIDER_ANALYTICS>;
export type CallSummary = Pick<ProviderAnalytics['summary'], keyof typeof CALL_SUMMARY>;
