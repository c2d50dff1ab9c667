import { MOST_BULK_KEYS } from '../bulk-limit';
import { regexes, z } from 'zod';
import { RESOLUTIONS } from '../../analytics/series/measures';
import { WINDOW_NAMES } from '../../analytics/series/windows';
import { LONGEST_ACCOUNT } from '../../classification/classification';
import { apiSchema, named } from '../../common/api-schema';
import { isBaseUrl } from '../../common/http';
import { isTimeZone, PERIODS } from '../../common/period-end';
import { MOST_BUDGETS } from '../../pool/limits/budget';
import { repeatedBudgets, TIME_ZONE_RULE, unitsFlaw } from '../../configuration/budget-schema';
import { BASE_URL_RULE } from '../../configuration/base-url';
import { CONFIGURATION_LIMITS } from '../../configuration/configuration-limits';
import { PROVIDER_NAME } from '../../configuration/options-schema';
import type { LogEntryType } from '../../events/event-log';
import { KEY_ID, KEY_ID_RULE, LONGEST_KEY } from '../../pool/key/api-key';
import { CALL_ENDS } from '../../pool/call-batches';
import { KEY_EVENT_TYPES } from '../../pool/key-events';
import { KEY_STATUSES } from '../../pool/key/key-state';
import { HEADERS } from '../../vendors/define-vendor';
import { MOST_KEYS } from '../input/hostile-input';

/*
 * What requests may say. Each schema checks a request and documents it. The messages follow the name of the field, and repeat no value.
 */

const text = z.string('must be a string');
const shortText = (most: number) => text.max(most, `must be shorter than or equal to ${most} characters`);
const number = z.number('must be a number conforming to the specified constraints');
const between = (schema: z.ZodNumber, least: number, most: number) =>
  schema.min(least, `must not be less than ${least}`).max(most, `must not be greater than ${most}`);
const upTo = (schema: z.ZodNumber, most: number) =>
  schema.positive('must be a positive number').max(most, `must not be greater than ${most}`);
/** zod's own `int` would also refuse what is no safe integer, in other words than the bound. */
const integer = z
  .number('must be an integer number')
  .refine(Number.isInteger, { error: 'must be an integer number', abort: true })
  .meta({ type: 'integer' });
const oneOf = <T extends string>(names: readonly T[]) =>
  z.enum(names, `must be one of the following values: ${names.join(', ')}`);
const object = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, 'must be an object');
const body = <T extends z.ZodRawShape>(id: string, shape: T) => named(id, object(shape));
/** A body that changes something, and not nothing. */
const change = <T extends z.ZodRawShape>(id: string, shape: T) => named(id, object(shape).meta({ minProperties: 1 }));

/** Beyond it a number in JSON is no longer the one that was meant, or none at all. */
const MOST = Number.MAX_SAFE_INTEGER;
const FAKE_KEY = 'sk-proj-FAKE-0000000000000000000000000000';

const keyText = text
  .trim()
  .min(1, 'should not be empty')
  .max(LONGEST_KEY, `must be shorter than or equal to ${LONGEST_KEY} characters`)
  .meta({ pattern: '\\S' });
/** RFC 3339, as `format: date-time` means it. ISO 8601 has weeks and days of the year too, of which Date.parse makes no time. */
const TIME = regexes.datetime({ offset: true });
const instant = text
  .refine((given) => TIME.test(given), 'must be a time as 2026-11-23T12:00:00Z')
  .meta({ format: 'date-time' });
const weight = upTo(number, 1_000);
const tier = between(integer, 0, 1_000);

/** Limits of one key; null takes a limit away. */
const KEY_LIMITS = body('KeyLimitsDto', {
  concurrency: upTo(integer, MOST).nullish().meta({ example: 4, description: 'Calls in flight at once.' }),
  requests_per_minute: upTo(number, MOST).nullish().meta({ example: 500 }),
  tokens_per_minute: upTo(number, MOST).nullish().meta({ example: 200_000 }),
  requests_per_day: upTo(number, MOST).nullish().meta({ example: 1_000, description: "In the vendor's day." }),
  tokens_per_day: upTo(number, MOST).nullish().meta({ example: 5_000_000 }),
});
export type KeyLimitsRequest = z.infer<typeof KEY_LIMITS>;

/** One budget of a key. */
export const KEY_BUDGET = named(
  'KeyBudgetDto',
  object({
    usd: upTo(number, MOST).min(1e-6, 'must not be less than 0.000001').optional().meta({ example: 10 }),
    tokens: upTo(integer, MOST).optional(),
    requests: upTo(integer, MOST).optional(),
    per: oneOf(PERIODS).meta({ example: 'day' }),
    time_zone: text
      .refine(isTimeZone, TIME_ZONE_RULE)
      .optional()
      .meta({ example: 'Europe/Paris', description: 'Where the period begins. Default UTC.' }),
    scope: oneOf(['key', 'account']).optional().meta({
      example: 'key',
      description: 'Whose calls count: those of the key (default), or of all keys of its account.',
    }),
  })
    .superRefine((given, context) => {
      const message = unitsFlaw(given);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({
      description: 'One of `usd`, `tokens` and `requests`.',
      oneOf: [{ required: ['usd'] }, { required: ['tokens'] }, { required: ['requests'] }],
    }),
);
export type KeyBudgetRequest = z.infer<typeof KEY_BUDGET>;

const KEY_BUDGETS = z
  .array(KEY_BUDGET, 'must be an array')
  .max(MOST_BUDGETS, `must contain no more than ${MOST_BUDGETS} elements`)
  .superRefine((given, context) => {
    const budgets = given.map(({ time_zone: timeZone, ...each }) => ({ ...each, timeZone }));
    for (const { index, problem } of repeatedBudgets(budgets))
      context.addIssue({ code: 'custom', path: [index], message: problem });
  });

const NEW_KEY = body('NewKeyDto', {
  key: keyText.meta({ description: 'The API key itself. It is never shown again.', example: FAKE_KEY }),
  id: text.regex(KEY_ID, KEY_ID_RULE).optional().meta({
    description:
      'The name of the key, no secret. Default: the first 16 hex digits of its SHA-256. A new token for an id that was added here takes the place of the old one.',
    example: 'team-a.1',
  }),
  label: shortText(100).optional().meta({ example: 'team-a' }),
  weight: weight.optional().meta({ example: 1, description: 'Share of calls relative to the other keys.' }),
  tier: tier.optional().meta({ example: 0, description: 'Keys of lower tiers are used first.' }),
  quota_group: shortText(100)
    .min(1, 'should not be empty')
    .optional()
    .meta({ description: 'Keys of one vendor project share its limits: name it.' }),
  models: z
    .array(
      z
        .string('each value in models must be a string')
        .max(200, 'each value in models must be shorter than or equal to 200 characters'),
      'must be an array',
    )
    .max(100, 'must contain no more than 100 elements')
    .optional()
    .meta({ description: 'The only models this key may be used for.' }),
  limits: KEY_LIMITS.optional(),
  budgets: KEY_BUDGETS.optional().meta({ description: 'What the key may spend at the most.' }),
  base_url: shortText(2_048)
    .refine(isBaseUrl, BASE_URL_RULE)
    .optional()
    .meta({ description: "Where this key is called, if not at the provider's base URL.", format: 'uri' }),
  headers: HEADERS.optional().meta({
    description:
      "Sent with this key's requests alone, over the provider's headers. Their values are never shown again.",
    example: { 'anthropic-workspace-id': 'wrkspc_FAKE' },
  }),
  expires_at: instant.nullish().meta({ example: null, description: 'When the vendor ends the key. null: never.' }),
});
export type NewKey = z.infer<typeof NEW_KEY>;

/** Text alone is the short form of a key. What is neither is taken for a key too, and refused as one, by its index. */
const asKey = (given: unknown): unknown =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? given : { key: given };

export const ADD_KEYS = body('AddKeysDto', {
  keys: z
    .array(z.preprocess(asKey, NEW_KEY), 'must be an array')
    .min(1, 'should not be empty')
    .max(MOST_KEYS, `must contain no more than ${MOST_KEYS} elements`)
    .meta({
      description: `1 to ${MOST_KEYS} keys, each as text or with what is known of it. Every key is checked before it is added.`,
      items: { oneOf: [apiSchema(keyText), apiSchema(NEW_KEY)] },
      example: [FAKE_KEY, { key: 'sk-proj-FAKE-1111111111111111111111111111', label: 'team-a' }],
    }),
});

export type AddKeys = z.infer<typeof ADD_KEYS>;

export const UPDATE_KEY = change('UpdateKeyDto', {
  label: shortText(100).nullish().meta({ example: 'team-b', description: 'null takes it away.' }),
  weight: weight.optional().meta({ example: 2 }),
  tier: tier.optional().meta({ example: 1 }),
  limits: KEY_LIMITS.optional().meta({ description: 'Named limits are set, null takes one away, others stay.' }),
  budgets: KEY_BUDGETS.nullish().meta({
    example: [{ usd: 10, per: 'day' }],
    description:
      'In place of all budgets that the key had. What was spent stays spent. null or an empty list takes them away.',
  }),
  expires_at: instant.nullish().meta({
    example: '2027-01-31T12:00:00Z',
    description: 'When the vendor ends the key: from then on it is disabled, reason `expired`. null: never.',
  }),
  enabled: z
    .boolean('must be a boolean value')
    .optional()
    .meta({ example: false, description: 'false takes the key out of use until it is true again.' }),
});
export type UpdateKey = z.infer<typeof UPDATE_KEY>;

export const RUN_HEALTH_CHECKS = body('RunHealthChecksDto', {
  provider: shortText(64).optional().meta({ example: 'openai', description: 'Only this provider. Left out: all.' }),
});
export type RunHealthChecks = z.infer<typeof RUN_HEALTH_CHECKS>;

const { max_retries: retries, health_check_interval_minutes: interval } = CONFIGURATION_LIMITS;

export const UPDATE_CONFIGURATION = change('UpdateConfigurationDto', {
  max_retries: between(integer, retries.min, retries.max).optional().meta({ example: 5 }),
  health_check_interval_minutes: between(number, interval.min, interval.max).optional().meta({ example: 15 }),
});
export type UpdateConfiguration = z.infer<typeof UPDATE_CONFIGURATION>;

/** The text as it came where it is no whole number, so that the schema refuses it. */
const wholeNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;

const MOST_PER_PAGE = 500;
/** An id of 64 characters in base64url. */
const LONGEST_CURSOR = 86;
const page = (perPage: number, description?: string) => ({
  limit: z
    .preprocess(wholeNumber, between(integer, 1, MOST_PER_PAGE))
    .default(perPage)
    .meta({ description }),
  cursor: shortText(LONGEST_CURSOR).optional().meta({ description: 'The `next_cursor` of the page before.' }),
});

const keyFilters = {
  status: oneOf(KEY_STATUSES).optional(),
  label: shortText(100).optional().meta({ example: 'team-a', description: 'Keys of exactly this label.' }),
  account: shortText(LONGEST_ACCOUNT)
    .optional()
    .meta({ example: 'org-abc', description: 'Keys of this vendor account, as `quota_group` shows it.' }),
};

export const LIST_KEYS = object({ ...page(50), ...keyFilters });
export type ListKeys = z.infer<typeof LIST_KEYS>;

/** As many keys as a page may have: an analytics document without its keys is about as large. */
export const PAGE_OF_ANALYTICS = object(page(MOST_PER_PAGE, 'Of the keys.'));
export type PageOfAnalytics = z.infer<typeof PAGE_OF_ANALYTICS>;

/** What can be done to many keys at once. */
export const BULK_ACTIONS = ['check', 'enable', 'disable', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const BULK_KEYS = named(
  'BulkKeysDto',
  object({
    action: oneOf(BULK_ACTIONS).meta({ example: 'disable' }),
    ids: z
      .array(text.regex(KEY_ID, 'each value in ids must be a key id, as the list of keys shows it'), 'must be an array')
      .min(1, 'should not be empty')
      .max(MOST_BULK_KEYS, `must contain no more than ${MOST_BULK_KEYS} elements`)
      .optional()
      .meta({ description: 'These keys. One that is not there is reported, and fails nothing.' }),
    where: change('BulkWhereDto', keyFilters)
      .optional()
      .meta({ description: 'Or all keys that are as every one of these says; at least one is needed.' }),
  }).meta({ oneOf: [{ required: ['ids'] }, { required: ['where'] }] }),
);
export type BulkKeys = z.infer<typeof BULK_KEYS>;

export const PAUSE_PROVIDER = body('PauseProviderDto', {
  until: instant.optional().meta({
    example: '2027-01-31T12:00:00Z',
    description: 'When the pause ends by itself; a time in the future. Left out: when somebody resumes the provider.',
  }),
});
export type PauseProvider = z.infer<typeof PAUSE_PROVIDER>;

export const LIST_FAILED_CALLS = object({
  ...page(50),
  provider: text.regex(PROVIDER_NAME, 'must be a provider name').optional().meta({ example: 'openai' }),
  outcome: oneOf(CALL_ENDS).optional(),
});
export type ListFailedCalls = z.infer<typeof LIST_FAILED_CALLS>;

export const LOG_ENTRY_TYPES = [
  ...KEY_EVENT_TYPES,
  'admin_action',
  'store_damaged',
] as const satisfies readonly LogEntryType[];

export const LIST_EVENTS = object({
  ...page(50),
  provider: text.regex(PROVIDER_NAME, 'must be a provider name').optional().meta({ example: 'openai' }),
  type: oneOf(LOG_ENTRY_TYPES).optional(),
  key_id: text.regex(KEY_ID, 'must be a key id, as the list of keys shows it').optional().meta({
    example: '3f1c9a0b7d2e4a61',
    description: 'Only what is of this key. Give `provider` too, since an id is of one provider.',
  }),
});
export type ListEvents = z.infer<typeof LIST_EVENTS>;

const time = (description: string) =>
  instant.transform(Date.parse).optional().meta({ format: 'date-time', description });

/** `from` and `to` in milliseconds since the epoch. */
export const TIMELINE_RANGE = object({
  resolution: oneOf(RESOLUTIONS)
    .default('minute')
    .meta({ description: '`minute`: up to the last 3 hours. `hour`: up to the last 30 days.' }),
  from: time('Default: all that is kept.'),
  to: time('Default: now.'),
});
export type TimelineRange = z.infer<typeof TIMELINE_RANGE>;

/** What the dashboard's page asks of its figures. */
export const FIGURES = object({ window: oneOf(WINDOW_NAMES).default('1h') });
export type Figures = z.infer<typeof FIGURES>;

export const FOLLOW_EVENTS = object({
  last_event_id: shortText(80)
    .optional()
    .meta({ description: '`Last-Event-ID`, for clients that cannot set a header.' }),
});
export type FollowEvents = z.infer<typeof FOLLOW_EVENTS>;

/** A provider's name as it may stand in a path. Whether there is such a provider is another question. */
export const PROVIDER_PARAM = z
  .string()
  .regex(PROVIDER_NAME, 'must be a name of letters, digits, "_", "-" and "."')
  .meta({ example: 'openai' });

/** A key's id, which is never the key itself. */
export const KEY_ID_PARAM = z
  .string()
  .regex(KEY_ID, 'must be a key id, as the list of keys shows it')
  .meta({ example: '3f1c9a0b7d2e4a61' });
