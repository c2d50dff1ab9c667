import { z } from 'zod';
import {
  KEY_STATUS_ENTRY,
  keyId,
  maskedKey,
  OUTCOME,
  PROVIDER_ANALYTICS,
  providerName,
  STATUS,
  TIMELINE_ENTRY,
} from '../../analytics/documents';
import { RESOLUTIONS } from '../../analytics/series/measures';
import { component, dateTime, integer, nullableEnum, nullableText } from '../../common/api-schema';
import { PROVIDER_STATES } from '../../pool/key-events';
import { KEY_STATUSES } from '../../pool/key/key-state';
import { PERSISTENCES } from '../../store/keys/kept-as';
import { ADMIN_ACTIONS } from '../audit/audited.decorator';
import { LOG_ENTRY_TYPES } from './requests';

/*
 * What the API answers, beside the documents of status and analytics. The types of the code and of the dashboard's page, and the OpenAPI
 * document, are made of these schemas; answers are not checked against them at run time.
 */

const nextCursor = (description: string) => nullableText.meta({ description });

/** A key, masked, with its settings. */
export const KEY = component(
  'KeyDto',
  KEY_STATUS_ENTRY.extend({
    provider: providerName,
    label: z.string().nullable().meta({ example: 'team-a' }),
    enabled: z.boolean().meta({ example: true }),
    weight: z.number().meta({ example: 1 }),
    limits: component(
      'KeyLimitsViewDto',
      z.object({
        concurrency: integer.nullable().meta({ example: 4 }),
        requests_per_minute: z.number().nullable().meta({ example: 500 }),
        tokens_per_minute: z.number().nullable().meta({ example: null }),
      }),
    ),
    quota_group: nullableText,
    models: z.array(z.string()).nullable().meta({ example: null, description: 'null: any model.' }),
    cooldowns: z
      .array(
        component(
          'ModelCooldownDto',
          z.object({
            model: z.string().optional().meta({ example: 'gpt-5-nano' }),
            endpoint: z.string().optional().meta({ example: '/v1/embeddings' }),
            until: dateTime,
            outcome: OUTCOME.meta({ example: 'rate_limited' }),
          }),
        ),
      )
      .meta({ description: 'Cooldowns for single models and endpoints.' }),
    persistence: z.enum(PERSISTENCES).meta({ example: 'stored' }),
  }),
);
export type KeyView = z.infer<typeof KEY>;

export const KEY_PAGE = component(
  'KeyPageDto',
  z.object({
    provider: providerName,
    total_keys: integer.meta({ example: 5, description: 'All keys of the provider, whatever the filter.' }),
    keys: z.array(KEY).meta({ description: 'In the order of their ids.' }),
    next_cursor: nextCursor('null on the last page.'),
  }),
);
export type KeyPage = z.infer<typeof KEY_PAGE>;

const ADDED_KEY = component(
  'KeyVerdictDto',
  z.object({
    id: keyId,
    masked_key: maskedKey,
    verdict: z.enum(['added', 'present', 'refused']).meta({
      description: '`present`: was there already and is changed in nothing; `refused`: proved invalid and is not kept.',
    }),
    status: nullableEnum(KEY_STATUSES).meta({ example: 'healthy', description: 'null for a refused key.' }),
    outcome: OUTCOME.meta({ example: 'ok' }),
    reason: nullableText,
    persistence: nullableEnum(PERSISTENCES).meta({ example: 'stored', description: 'null for a refused key.' }),
  }),
);
/** What became of one key of a request to add keys. */
export type AddedKeyView = z.infer<typeof ADDED_KEY>;

const REJECTED_KEY = component(
  'RejectedKeyDto',
  z.object({
    masked_key: maskedKey,
    outcome: OUTCOME.meta({ example: 'invalid_key' }),
    reason: z.string().meta({ example: 'Incorrect API key provided' }),
  }),
);

export const ADDED_KEYS = component(
  'AddedKeysDto',
  z.object({
    provider: providerName,
    total_keys: integer.meta({ example: 2, description: 'Different keys in the request.' }),
    healthy_keys_added: integer.meta({ example: 1 }),
    keys: z.array(ADDED_KEY).meta({ description: 'One verdict per different key, in the order given.' }),
    rejected: z.array(REJECTED_KEY).meta({ description: 'Keys that no call will use: refused, or kept as removed.' }),
    notice: nullableText.meta({ description: 'Says so when added keys live in memory only.' }),
  }),
);
export type AddedKeysView = z.infer<typeof ADDED_KEYS>;

export const CHECKED_KEY = component(
  'CheckedKeyDto',
  z.object({
    outcome: OUTCOME.meta({ example: 'ok' }),
    reason: nullableText,
    key: KEY.meta({ description: 'The key after the check.' }),
  }),
);
export type CheckedKeyView = z.infer<typeof CHECKED_KEY>;

/** The settings that change at run time. */
export const CONFIGURATION = component(
  'ConfigurationDto',
  z.object({
    max_retries: integer.meta({ example: 3 }),
    health_check_interval_minutes: z.number().meta({ example: 10 }),
    persistence: z.enum(['stored', 'memory_only']).meta({
      example: 'stored',
      description:
        'Whether changes are shared and outlive a restart; with the store `memory` they end with the process.',
    }),
  }),
);
export type ConfigurationView = z.infer<typeof CONFIGURATION>;

export const HEALTH_CHECK_REPORT = component(
  'HealthCheckReportDto',
  z.object({
    checked_keys: integer.meta({ example: 5 }),
    healthy_keys: integer.meta({ example: 4 }),
    removed_keys: integer.meta({ example: 1, description: 'Keys that left the pool by this check.' }),
    duration: z.number().meta({ example: 0.8, description: 'Seconds.' }),
    keys: z.array(
      component(
        'CheckReportEntryDto',
        z.object({
          provider: providerName,
          id: keyId,
          masked_key: maskedKey,
          outcome: OUTCOME.meta({ example: 'ok' }),
          reason: nullableText,
          status: STATUS.meta({ example: 'healthy', description: 'After the check.' }),
        }),
      ),
    ),
  }),
);
export type HealthCheckReportView = z.infer<typeof HEALTH_CHECK_REPORT>;

/** One entry of the log; which of the optional fields are there depends on `type`. */
const EVENT = component(
  'EventDto',
  z.object({
    id: integer.meta({ example: 42, description: 'Grows by one with each entry.' }),
    at: dateTime,
    type: z.enum(LOG_ENTRY_TYPES).meta({ example: 'status_changed' }),
    provider: providerName.optional(),
    key_id: keyId.optional(),
    masked_key: maskedKey.optional(),
    by: z.string().optional().meta({ example: 'call', description: 'What or who changed the key.' }),
    status: STATUS.optional(),
    from: STATUS.optional().meta({ example: 'healthy' }),
    to: STATUS.optional().meta({ example: 'invalid_key' }),
    outcome: OUTCOME.optional().meta({ example: 'invalid_key' }),
    reason: z.string().optional().meta({ example: 'Incorrect API key provided' }),
    until: dateTime.optional().meta({ description: 'End of the cooldown, or time of the next check.' }),
    state: z.enum(PROVIDER_STATES).optional().meta({ example: 'failing', description: 'Of the provider.' }),
    since: dateTime.optional().meta({ description: 'When the trouble that is over had begun.' }),
    model: z.string().optional().meta({ example: 'gpt-5-nano' }),
    endpoint: z.string().optional().meta({ example: '/v1/embeddings' }),
    fields: z.array(z.string()).optional().meta({ description: 'Fields that an administrator changed.' }),
    action: z.enum(ADMIN_ACTIONS).optional(),
    role: z.enum(['admin', 'viewer']).optional(),
    address: z.string().optional().meta({ example: '192.0.2.7' }),
    result: z.enum(['ok', 'refused', 'failed']).optional(),
    http_status: integer.optional().meta({ example: 200, description: 'HTTP status of the answer.' }),
  }),
);
export type EventView = z.infer<typeof EVENT>;

export const EVENT_PAGE = component(
  'EventPageDto',
  z.object({
    events: z.array(EVENT).meta({ description: 'Newest first.' }),
    next_cursor: nextCursor('null on the last page.'),
  }),
);
export type EventPage = z.infer<typeof EVENT_PAGE>;

export const TIMELINE = component(
  'TimelineDto',
  z.object({
    provider: providerName,
    key_id: keyId.optional(),
    resolution: z.enum(RESOLUTIONS),
    timeline: z.array(TIMELINE_ENTRY).meta({
      description: 'Every minute or hour from the first that holds anything. Of a provider, calls; of a key, attempts.',
    }),
  }),
);
export type TimelineView = z.infer<typeof TIMELINE>;

export const PROVIDER_ANALYTICS_PAGE = component(
  'ProviderAnalyticsDto',
  PROVIDER_ANALYTICS.extend({ next_cursor: nextCursor('Of the keys; null on the last page.') }),
);
export type ProviderAnalyticsPage = z.infer<typeof PROVIDER_ANALYTICS_PAGE>;

const indicators = z.record(
  z.string(),
  z.object({
    status: z.string(),
    degraded: z.boolean().optional(),
    states: z
      .record(z.string(), z.enum(PROVIDER_STATES))
      .optional()
      .meta({ description: 'Of `providers`: the state of each that has keys or is called.' }),
    providers: z.array(z.string()).optional().meta({ description: 'Of `key_pools`: those with too few keys.' }),
  }),
);
const up = { key_pools: { status: 'up' }, key_store: { status: 'up' } };

/** What Terminus answers. */
export const HEALTH = component(
  'HealthDto',
  z.object({
    status: z.enum(['ok', 'degraded', 'error', 'shutting_down']).meta({ example: 'ok' }),
    info: indicators.meta({ example: up }),
    error: indicators.meta({ example: {} }),
    details: indicators.meta({ example: up }),
  }),
);
