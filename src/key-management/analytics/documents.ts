import { z } from 'zod';
import { component, dateTime, integer, nullableText, nullableTime } from '../common/api-schema';
import { PROVIDER_STATES } from '../pool/key-events';
import { KEY_STATUSES } from '../pool/key/key-state';
import { OUTCOMES } from '../vendors/contract/outcome';

/*
 * The documents of status and analytics, declared once for the code, the OpenAPI document and the page of the dashboard: fields in
 * snake_case, times in ISO 8601, durations in seconds, rates in per cent.
 */

export const STATUS = z.enum(KEY_STATUSES);
export const OUTCOME = z.enum(OUTCOMES);
export const providerName = z.string().meta({ example: 'openai' });
export const keyId = z
  .string()
  .meta({ example: '3f1c9a0b7d2e4a61', description: 'First 16 hex digits of the SHA-256 of the key.' });
export const maskedKey = z.string().meta({ example: 'sk-1234...cdef' });
const nullableSeconds = z.number().nullable();
const responseTime = nullableSeconds.meta({ example: 1.2, description: 'Seconds; null before the first success.' });

/** How a provider stands, as this instance sees it. `state_reason` is one sentence. */
export const PROVIDER_STATE_FIELDS = z.object({
  state: z.enum(PROVIDER_STATES).meta({ example: 'serving', description: 'As this instance sees it, gravest first.' }),
  state_reason: z
    .string()
    .meta({ example: '38 calls in the last five minutes, and none failed by a fault of the vendor or the keys.' }),
  state_since: dateTime,
  state_until: dateTime.nullable().meta({ example: null, description: 'When the state may end, where that is known.' }),
});
export type ProviderStateFields = z.infer<typeof PROVIDER_STATE_FIELDS>;

/** A key as the status and the analytics show it. */
export const KEY_STATUS_ENTRY = component(
  'KeyStatusDto',
  z.object({
    id: keyId,
    masked_key: maskedKey,
    status: STATUS.meta({ example: 'healthy' }),
    /** Per cent of the calls that speak of the key; 100 before the first. */
    success_rate: z.number().meta({ example: 95.5, description: 'Per cent.' }),
    response_time: nullableSeconds.meta({ example: 1.2, description: 'Seconds, exponentially weighted.' }),
    error_count: integer.meta({ example: 1 }),
    success_count: integer.meta({ example: 21 }),
    in_flight: integer.meta({ example: 0 }),
    reason: nullableText.meta({ description: 'Why the key is not healthy.' }),
    cooldown_until: nullableTime.meta({ description: 'Until then the key is not chosen.' }),
    recheck_at: nullableTime.meta({ description: 'When the removed key is checked again.' }),
    last_used_at: nullableTime,
    last_checked_at: nullableTime,
  }),
);
export type KeyStatusEntry = z.infer<typeof KEY_STATUS_ENTRY>;

const SYSTEM_INFO = component(
  'SystemInfoDto',
  z.object({
    max_retries: integer.meta({ example: 3 }),
    initialized_providers: z.array(z.string()).meta({ example: ['openai'] }),
    /** Firebase keeps the state, and can be reached. */
    firebase_available: z.boolean().meta({ example: false }),
    health_check_interval_minutes: z.number().meta({ example: 10 }),
    store: z.string().meta({ example: 'file' }),
    /** Of the store: apps in one namespace of one store share their pools. */
    namespace: z.string().meta({ example: 'default' }),
    instance_id: z.string().meta({ format: 'uuid' }),
  }),
);
export type SystemInfo = z.infer<typeof SYSTEM_INFO>;

const PROVIDER_STATUS = component(
  'ProviderStatusDto',
  PROVIDER_STATE_FIELDS.extend({
    total_keys: integer.meta({ example: 5 }),
    healthy_keys: integer.meta({ example: 3 }),
    removed_keys: integer.meta({ example: 2 }),
    status_breakdown: z
      .partialRecord(STATUS, integer)
      .meta({ example: { healthy: 3, invalid_key: 1, quota_exceeded: 1 } }),
    keys: z.array(KEY_STATUS_ENTRY),
  }),
);
export type ProviderStatus = z.infer<typeof PROVIDER_STATUS>;

const GLOBAL_STATS = component(
  'GlobalStatsDto',
  z.object({
    total_requests: integer.meta({ example: 150, description: 'Calls, not attempts.' }),
    total_failures: integer.meta({ example: 12 }),
    keys_removed: integer.meta({ example: 3 }),
  }),
);

/** The specification's status document, as `GET /health/keys` answers it. */
export const COMPREHENSIVE_STATUS = component(
  'ComprehensiveStatusDto',
  z.object({
    system_info: SYSTEM_INFO,
    key_pools: component('KeyPoolsDto', z.object({ providers: z.record(z.string(), PROVIDER_STATUS) })),
    global_stats: GLOBAL_STATS,
  }),
);
export type ComprehensiveStatus = z.infer<typeof COMPREHENSIVE_STATUS>;

/** The part of a provider's summary that calls make, whatever keys there are. */
export const CALL_SUMMARY = z.object({
  success_rate: z
    .number()
    .nullable()
    .meta({ example: 92, description: 'Per cent of the calls; null before the first.' }),
  /** Of the last 24 hours, as the quantiles. */
  average_response_time: responseTime,
  response_time_p50: responseTime,
  response_time_p95: responseTime,
  requests: integer.meta({ example: 150 }),
  failures: integer.meta({ example: 12 }),
  retries: integer.meta({ example: 20 }),
  keys_removed: integer.meta({ example: 2 }),
});
export type CallSummary = z.infer<typeof CALL_SUMMARY>;

/** One minute or hour of a provider: calls, and the attempts that met a rate limit. Of a key, all figures are of attempts. */
export const TIMELINE_ENTRY = component(
  'TimelineEntryDto',
  z.object({
    /** When it begins. */
    at: dateTime,
    requests: integer,
    failures: integer,
    rate_limited: integer,
    keys_removed: integer,
    average_response_time: responseTime,
  }),
);
export type TimelineEntry = z.infer<typeof TIMELINE_ENTRY>;

const RECENT_EVENT = component(
  'RecentEventDto',
  z.object({
    at: dateTime,
    type: z.string().meta({ example: 'status_changed' }),
    key_id: keyId.optional().meta({ description: 'Missing where it is of the provider.' }),
    masked_key: maskedKey.optional(),
    by: z.string().meta({ example: 'call' }),
    from: z.string().optional().meta({ example: 'healthy' }),
    to: z.string().optional().meta({ example: 'invalid_key' }),
    outcome: OUTCOME.optional(),
    reason: z.string().optional().meta({ example: 'Incorrect API key provided' }),
    state: z.enum(PROVIDER_STATES).optional().meta({ example: 'failing' }),
  }),
);
export type RecentEvent = z.infer<typeof RECENT_EVENT>;

/** Analytics of one provider, as `GET /analytics/:provider` answers it. */
export const PROVIDER_ANALYTICS = z.object({
  provider: providerName,
  summary: component(
    'AnalyticsSummaryDto',
    CALL_SUMMARY.extend({
      total_keys: integer.meta({ example: 5 }),
      healthy_keys: integer.meta({ example: 3 }),
      health_percentage: z.number().meta({ example: 60, description: 'Per cent.' }),
    }),
  ),
  outcomes: z
    .partialRecord(OUTCOME, integer)
    .meta({ description: 'Attempts by outcome.', example: { ok: 138, rate_limited: 20 } }),
  timeline: z.array(TIMELINE_ENTRY),
  keys: z.array(KEY_STATUS_ENTRY).meta({ description: 'A page of them, in the order of their ids.' }),
  recent_events: z.array(RECENT_EVENT).meta({ description: 'Newest first.' }),
});
export type ProviderAnalytics = z.infer<typeof PROVIDER_ANALYTICS>;
