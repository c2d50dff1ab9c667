import { z } from 'zod';
import {
  KEY_STATUS_ENTRY,
  keyId,
  maskedKey,
  MODEL_USAGE,
  PROVIDER_ANALYTICS,
  providerName,
  TIMELINE_ENTRY,
} from '../../analytics/documents';
import { RESOLUTIONS } from '../../analytics/series/measures';
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
} from '../../common/api-schema';
import { PERIODS } from '../../common/period-end';
import { BUDGET_SCOPES } from '../../pool/limits/budget';
import { BULK_CHANGES, PROVIDER_STATES } from '../../pool/key-events';
import { KEY_STATUSES } from '../../pool/key/key-state';
import { PERSISTENCES } from '../../store/keys/key-vault';
import { OUTCOMES } from '../../vendors/contract/outcome';
import { ADMIN_ACTIONS } from '../audit/admin-route.decorator';
import { BULK_ACTIONS, KEY_BUDGET, LOG_ENTRY_TYPES } from './requests';

/*
 * What the API answers, beside the documents of status and analytics. The types of the code and of the dashboard's page, and the OpenAPI
 * document, are made of these schemas; answers are not checked against them at run time.
 */

const nextCursor = (description = 'null on the last page.') => nullableText(null, description);

/** A key, masked, with its settings. */
export const KEY = component('KeyDto', {
  ...KEY_STATUS_ENTRY.shape,
  provider: providerName,
  label: nullableText('team-a'),
  enabled: flag(true),
  weight: number(1),
  limits: component('KeyLimitsViewDto', {
    concurrency: integer(4).nullable(),
    requests_per_minute: nullableNumber(500),
    tokens_per_minute: nullableNumber(null),
    requests_per_day: nullableNumber(null),
    tokens_per_day: nullableNumber(null),
  }),
  models: z.array(z.string()).nullable().meta({ example: null, description: 'null: any model.' }),
  cooldowns: listOf(
    component('ModelCooldownDto', {
      model: text('gpt-5-nano').optional(),
      endpoint: text('/v1/embeddings').optional(),
      until: time(),
      outcome: oneOf(OUTCOMES, 'rate_limited'),
    }),
    'Cooldowns for single models and endpoints.',
  ),
  persistence: oneOf(PERSISTENCES, 'stored'),
});
export type KeyView = z.infer<typeof KEY>;

const LIMIT_LEFT = component('LimitLeftDto', {
  from: oneOf(['vendor', 'settings'], 'vendor', 'Who states it: the headers of answers, or the settings.'),
  model: nullableText('gpt-5', "Of a vendor's limit; null where no call named a model, or it holds for all."),
  unit: oneOf(['requests', 'tokens', 'input_tokens', 'output_tokens'], 'requests'),
  per: oneOf(['minute', 'day'], 'minute'),
  limit: number(500),
  left: number(420, 'As this instance counts, of its own part of the limit.'),
  ends_at: nullableTime('When it begins anew; null where it refills steadily.', null),
});
export type LimitLeftView = z.infer<typeof LIMIT_LEFT>;

/** One key, with what only it is asked for. */
export const KEY_DETAILS = component('KeyDetailsDto', {
  ...KEY.shape,
  account_keys: integer(1, 'Keys of its vendor account in this pool, itself included.'),
  limits_left: listOf(LIMIT_LEFT, 'What is left of its limits, which the keys of an account share.'),
  usage_by_model: listOf(MODEL_USAGE, 'What its calls used, by model, those that were called most first.'),
  own_budgets: listOf(KEY_BUDGET, 'The budgets that are stated for the key itself, as a change of them is sent.'),
});
export type KeyDetailsView = z.infer<typeof KEY_DETAILS>;

export const KEY_PAGE = component('KeyPageDto', {
  provider: providerName,
  total_keys: integer(5, 'All keys of the provider, whatever the filter.'),
  keys: listOf(KEY, 'In the order of their ids.'),
  next_cursor: nextCursor(),
});
export type KeyPage = z.infer<typeof KEY_PAGE>;

/** What became of one key of a request to add keys. */
const ADDED_KEY = component('KeyVerdictDto', {
  id: keyId,
  masked_key: maskedKey,
  verdict: z.enum(['added', 'present', 'replaced', 'refused']).meta({
    description:
      '`present`: was there already and is changed in nothing; `replaced`: took the place of the key of that id; `refused`: proved invalid and is not kept.',
  }),
  status: nullableOneOf(KEY_STATUSES, 'healthy', 'null for a refused key.'),
  outcome: oneOf(OUTCOMES, 'ok'),
  reason: nullableText(),
  persistence: nullableOneOf(PERSISTENCES, 'stored', 'null for a refused key.'),
});
export type AddedKeyView = z.infer<typeof ADDED_KEY>;

const REJECTED_KEY = component('RejectedKeyDto', {
  masked_key: maskedKey,
  outcome: oneOf(OUTCOMES, 'invalid_key'),
  reason: text('Incorrect API key provided'),
});

export const ADDED_KEYS = component('AddedKeysDto', {
  provider: providerName,
  total_keys: integer(2, 'Different keys in the request.'),
  healthy_keys_added: integer(1),
  keys: listOf(ADDED_KEY, 'One verdict per different key, in the order given.'),
  rejected: listOf(REJECTED_KEY, 'Keys that no call will use: refused, or kept as removed.'),
  notice: nullableText(
    null,
    'Says so when added keys live in memory only, or have budgets in US dollars of which no price is known.',
  ),
});
export type AddedKeysView = z.infer<typeof ADDED_KEYS>;

export const CHECKED_KEY = component('CheckedKeyDto', {
  outcome: oneOf(OUTCOMES, 'ok'),
  reason: nullableText(),
  key: KEY.meta({ description: 'The key after the check.' }),
});
export type CheckedKeyView = z.infer<typeof CHECKED_KEY>;

/** The settings that change at run time. */
export const CONFIGURATION = component('ConfigurationDto', {
  max_retries: integer(3),
  health_check_interval_minutes: number(10),
  persistence: oneOf(
    ['stored', 'memory_only'],
    'stored',
    'Whether changes are shared and outlive a restart; with the store `memory` they end with the process.',
  ),
});
export type ConfigurationView = z.infer<typeof CONFIGURATION>;

const CHECK_REPORT_ENTRY = component('CheckReportEntryDto', {
  provider: providerName,
  id: keyId,
  masked_key: maskedKey,
  outcome: oneOf(OUTCOMES, 'ok'),
  reason: nullableText(),
  status: oneOf(KEY_STATUSES, 'healthy', 'After the check.'),
});

export const HEALTH_CHECK_REPORT = component('HealthCheckReportDto', {
  checked_keys: integer(5),
  healthy_keys: integer(4),
  removed_keys: integer(1, 'Keys that left the pool by this check.'),
  duration: number(0.8, 'Seconds.'),
  keys: listOf(CHECK_REPORT_ENTRY),
});
export type HealthCheckReportView = z.infer<typeof HEALTH_CHECK_REPORT>;

/** One entry of the log; which of the optional fields are there depends on `type`. */
const EVENT = component('EventDto', {
  id: integer(42, 'Grows by one with each entry.'),
  at: time(),
  type: oneOf(LOG_ENTRY_TYPES, 'status_changed'),
  provider: providerName.optional(),
  key_id: keyId.optional(),
  masked_key: maskedKey.optional(),
  by: text('call', 'What or who changed the key.').optional(),
  status: oneOf(KEY_STATUSES).optional(),
  from: oneOf(KEY_STATUSES, 'healthy').optional(),
  to: oneOf(KEY_STATUSES, 'invalid_key').optional(),
  outcome: oneOf(OUTCOMES, 'invalid_key').optional(),
  reason: text('Incorrect API key provided').optional(),
  until: time("End of the cooldown or of the budget's period, or time of the next check.").optional(),
  days: integer(14, 'Of `key_expiring`: the threshold that was reached, 14 or 1.').optional(),
  expires_at: time('When the vendor ends the key.').optional(),
  percent: integer(80, 'Of `budget_threshold`: the threshold that was reached, 50, 80 or 100.').optional(),
  scope: oneOf(BUDGET_SCOPES, 'key', 'Whose budget it is.').optional(),
  account: text(
    'team-a',
    'Of `budget_threshold` and `runs_out`: the vendor account that it is about, where it is one.',
  ).optional(),
  unit: text('usd', 'What a budget counts: `usd`, `tokens`, `requests`. Of `runs_out`: what `left` counts.').optional(),
  limit: number(10, 'Of the budget.').optional(),
  spent: number(8, 'Of the budget, by all instances.').optional(),
  per: oneOf(PERIODS, 'day').optional(),
  state: oneOf(PROVIDER_STATES, 'failing', 'Of the provider.').optional(),
  change: oneOf(BULK_CHANGES, 'disabled', 'Of `keys_changed`: what an administrator did to many keys.').optional(),
  count: integer(284, 'Of `keys_changed`: how many keys.').optional(),
  since: time('When the trouble that is over had begun.').optional(),
  usable_keys: integer(1, 'Of `usable_keys_low`: keys in the pool.').optional(),
  minimum: integer(2, 'Of `usable_keys_low`: what `minimumUsableKeys` asks for.').optional(),
  hours: integer(24, 'Of `runs_out`: the threshold that was reached, 24 or 2.').optional(),
  left: number(1.5).optional(),
  runs_out_at: time('When it is used up at the present pace.').optional(),
  model: text('gpt-5-nano').optional(),
  endpoint: text('/v1/embeddings').optional(),
  fields: listOf(z.string(), 'Fields that an administrator changed.').optional(),
  action: oneOf(ADMIN_ACTIONS).optional(),
  bulk_action: oneOf(BULK_ACTIONS, 'disable', 'Of `bulk_keys`.').optional(),
  counts: z.record(z.string(), z.number()).meta({ description: 'Of `bulk_keys`: how many keys met what.' }).optional(),
  role: oneOf(['admin', 'viewer']).optional(),
  address: text('192.0.2.7').optional(),
  result: oneOf(['ok', 'refused', 'failed']).optional(),
  http_status: integer(200, 'HTTP status of the answer.').optional(),
});
export type EventView = z.infer<typeof EVENT>;

export const EVENT_PAGE = component('EventPageDto', {
  events: listOf(EVENT, 'Newest first.'),
  next_cursor: nextCursor(),
});
export type EventPage = z.infer<typeof EVENT_PAGE>;

export const TIMELINE = component('TimelineDto', {
  provider: providerName,
  key_id: keyId.optional(),
  resolution: oneOf(RESOLUTIONS),
  timeline: listOf(
    TIMELINE_ENTRY,
    'Every minute or hour from the first that holds anything. Of a provider, calls; of a key, attempts.',
  ),
});
export type TimelineView = z.infer<typeof TIMELINE>;

export const PROVIDER_ANALYTICS_PAGE = component('ProviderAnalyticsDto', {
  ...PROVIDER_ANALYTICS.shape,
  next_cursor: nextCursor('Of the keys; null on the last page.'),
});
export type ProviderAnalyticsPage = z.infer<typeof PROVIDER_ANALYTICS_PAGE>;

const UP = { key_pools: { status: 'up' }, key_store: { status: 'up' } };
const indicators = (example: object) =>
  z
    .record(
      z.string(),
      z.object({
        status: z.string(),
        degraded: z.boolean().optional(),
        states: z
          .record(z.string(), z.enum(PROVIDER_STATES))
          .meta({ description: 'Of `providers`: the state of each that has keys or is called.' })
          .optional(),
        providers: listOf(z.string(), 'Of `key_pools`: those with too few keys.').optional(),
      }),
    )
    .meta({ example });

/** What Terminus answers. */
export const HEALTH = component('HealthDto', {
  status: oneOf(['ok', 'degraded', 'error', 'shutting_down'], 'ok'),
  info: indicators(UP),
  error: indicators({}),
  details: indicators(UP),
});
