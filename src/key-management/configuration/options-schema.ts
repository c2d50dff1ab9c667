import { z } from 'zod';
import { isBaseUrl } from '../common/http';
import { strictObject } from '../common/strict-object';
import { STORE_KINDS } from '../store/built-in-stores';
import { WIRE_FORMATS } from '../vendors/contract/profile';
import { CREDENTIAL, HEADERS, PROBE_PATH, QUERY, vendorProblems } from '../vendors/define-vendor';
import { KEY_BUDGETS, PROVIDER_BUDGETS } from './budget-schema';
import { BASE_URL_RULE, isUnencrypted } from './base-url';
import { CONFIGURATION_LIMITS } from './configuration-limits';
import { idProblems, secretIdFlaw, type NamedKey } from './key-ids';
import { LEAST_REFRESH_MS } from './key-source';
import { HEARD_KEY_EVENTS } from '../pool/key-events';
import { KEY_ID, KEY_ID_RULE } from '../pool/key/api-key';
import { isExpiry } from '../pool/key/key-expiry';
import type { KeyInput } from '../pool/key/key-input';
import { isOwnStore, ownStoreProblems } from './store-options';
import { isWebhookSecret, isWebhookUrl, MAKE_WEBHOOK_SECRET, WEBHOOK_URL_RULE } from './webhook-options';

/** `openai`, `my-vendor.eu`: what may stand in a URL and in a store's path. */
export const PROVIDER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/;

export const strict = <T extends z.ZodRawShape>(shape: T) => strictObject(shape, 'setting');

const wholeNumber = z.number('must be a whole number').int('must be a whole number').min(0, 'must be 0 or more');
const maxRetries = wholeNumber.max(CONFIGURATION_LIMITS.max_retries.max, 'must be 100 or less').optional();
const healthCheckIntervalMinutes = z
  .number('must be a number of minutes')
  .min(CONFIGURATION_LIMITS.health_check_interval_minutes.min, 'must be 0.05 minutes (3 s) or more')
  .max(CONFIGURATION_LIMITS.health_check_interval_minutes.max, 'must be 10080 minutes (a week) or less')
  .optional();

/** The settings that change at run time. */
export const CONFIGURATION = strict({ maxRetries, healthCheckIntervalMinutes });

const milliseconds = z.number('must be a number of milliseconds').min(0, 'must be 0 or more');

/** A timer takes no more. */
const MOST_TIMER_MS = 2_147_483_647;

const REFRESH_MS = z
  .number('must be a number of milliseconds')
  .min(LEAST_REFRESH_MS, `must be ${LEAST_REFRESH_MS} or more`)
  .max(MOST_TIMER_MS, 'must be 2147483647 (24 days) or less')
  .optional();

const baseUrl = z.string('must be a URL').refine(isBaseUrl, BASE_URL_RULE);

const positive = z.number('must be a number').positive('must be more than 0');

/** The name of a vendor that is built in, or a profile, which `defineVendor` checks whole. */
const vendor = z.unknown().superRefine((given, context) => {
  for (const { path, message } of vendorProblems(given)) context.addIssue({ code: 'custom', path, message });
});

/** Limits of one key. */
const LIMITS = strict({
  concurrency: positive.int('must be a whole number').optional(),
  requestsPerMinute: positive.optional(),
  tokensPerMinute: positive.optional(),
  requestsPerDay: positive.optional(),
  tokensPerDay: positive.optional(),
});

/** A `Date`, or in JSON its text. */
const timeOf = (given: unknown): number =>
  given instanceof Date ? given.getTime() : typeof given === 'string' ? Date.parse(given) : NaN;
const TIME_RULE = 'must be a Date, or a time as 2027-01-31T12:00:00Z';
const EXPIRY = z.custom<Date>((given) => isExpiry(timeOf(given)), TIME_RULE);

const KEY_INPUT = strict({
  key: z.custom<KeyInput['key']>(
    (given) => typeof given === 'string' || typeof given === 'function',
    'must be the key as text, or a function that gets it',
  ),
  id: z.string('must be text').regex(KEY_ID, KEY_ID_RULE).optional(),
  label: z.string('must be text').max(100, 'must have 100 characters or fewer').optional(),
  weight: positive.max(1_000, 'must be 1000 or less').optional(),
  tier: wholeNumber.max(1_000, 'must be 1000 or less').optional(),
  quotaGroup: z
    .string('must be text')
    .min(1, 'must not be empty')
    .max(100, 'must have 100 characters or fewer')
    .optional(),
  models: z.array(z.string('must be text')).optional(),
  limits: LIMITS.optional(),
  budgets: KEY_BUDGETS.optional(),
  baseUrl: baseUrl.optional(),
  headers: HEADERS.optional(),
  expiresAt: EXPIRY.optional(),
}).superRefine((given, context) => {
  const isUnnamed = typeof given.key === 'function' && given.id === undefined;
  const flaw = isUnnamed ? 'is needed where the key is a function, for its tokens change' : secretIdFlaw(given);
  if (flaw !== undefined) context.addIssue({ code: 'custom', path: ['id'], message: flaw });
});

const IN_THE_CLEAR = `${BASE_URL_RULE}; the provider's allowHttp lets it be http inside your own network`;

/** What is wrong with a key's own base URL where its provider does not allow http; undefined for nothing. */
export const unencryptedFlaw = (key: unknown): string | undefined => {
  const given: unknown = typeof key === 'object' && key !== null ? Reflect.get(key, 'baseUrl') : undefined;
  return typeof given === 'string' && isBaseUrl(given) && isUnencrypted(given) ? IN_THE_CLEAR : undefined;
};

/** A key alone, or with what is said of it. */
export const GIVEN_KEY = z.preprocess((given) => (typeof given === 'string' ? { key: given } : given), KEY_INPUT);

/** Most keys are plain text, of which nothing can be wrong: ten thousand of them cost a millisecond instead of twenty. */
const keys = z.array(z.unknown(), 'must be a list of keys').superRefine((given, context) => {
  for (const [index, each] of given.entries()) {
    if (typeof each === 'string') continue;
    if (each === undefined || each === null) {
      const message = `is ${each}; give the key as text or an object, or leave it out. Is an environment variable not set?`;
      context.addIssue({ code: 'custom', message, path: [index] });
      continue;
    }
    const { error } = KEY_INPUT.safeParse(each);
    for (const { path, message } of error?.issues ?? [])
      context.addIssue({ code: 'custom', message, path: [index, ...path] });
  }
  if (context.issues.length > 0) return;
  const named = given.map((each) => (typeof each === 'string' ? { key: each } : (each as NamedKey)));
  for (const { index, problem } of idProblems(named))
    context.addIssue({ code: 'custom', message: problem, path: [index, 'id'] });
});

const hasMethods = (given: unknown, ...names: string[]): boolean =>
  typeof given === 'object' && given !== null && names.every((name) => typeof Reflect.get(given, name) === 'function');

const source = z.unknown().superRefine((given, context) => {
  const refuse = (message: string, ...path: string[]): void => context.addIssue({ code: 'custom', path, message });
  if (typeof given === 'string') {
    if (given.trim() === '') refuse('must not be empty');
    return;
  }
  if (!hasMethods(given, 'read'))
    return refuse('must be the path of a file or a directory, or an object with a method read');
  const { name, watch, refreshMs } = given as Record<string, unknown>;
  if (name !== undefined && (typeof name !== 'string' || !KEY_ID.test(name))) refuse(KEY_ID_RULE, 'name');
  if (watch !== undefined && typeof watch !== 'function') refuse('must be a method, or be left out', 'watch');
  const { error } = REFRESH_MS.safeParse(refreshMs);
  for (const { message } of error?.issues ?? []) refuse(message, 'refreshMs');
});

const provider = strict({
  keys: keys.optional(),
  source: source.optional(),
  vendor: vendor.optional(),
  baseUrl: baseUrl.optional(),
  allowHttp: z.boolean('must be true or false').optional(),
  credential: CREDENTIAL.optional(),
  headers: HEADERS.optional(),
  query: QUERY.optional(),
  probe: strict({ light: PROBE_PATH.optional(), deep: PROBE_PATH.optional() }).optional(),
  probeModel: z.string('must be a model name').min(1, 'must not be empty').optional(),
  compatibleWith: z
    .enum(WIRE_FORMATS, `must be ${WIRE_FORMATS.map((name) => `"${name}"`).join(', ')}, or left out`)
    .optional(),
  includeUsage: z.boolean('must be true or false').optional(),
  budgets: PROVIDER_BUDGETS.optional(),
  discoverAccounts: z.boolean('must be true or false').optional(),
  spillAfterMs: milliseconds.max(MOST_TIMER_MS, 'must be 2147483647 (24 days) or less').optional(),
  affinityMaxWaitMs: milliseconds.max(MOST_TIMER_MS, 'must be 2147483647 (24 days) or less').optional(),
  maxAccountsAsked: z
    .number('must be a number of accounts')
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(1_000, 'must be 1000 or less')
    .optional(),
}).superRefine((given, context) => {
  if (given.allowHttp === true) return;
  if (given.baseUrl !== undefined && isBaseUrl(given.baseUrl) && isUnencrypted(given.baseUrl))
    context.addIssue({
      code: 'custom',
      path: ['baseUrl'],
      message: `${BASE_URL_RULE}; allowHttp lets it be http inside your own network`,
    });
  for (const [index, key] of (given.keys ?? []).entries()) {
    const message = unencryptedFlaw(key);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['keys', index, 'baseUrl'], message });
  }
});

const MAKE_ONE = 'make one with: openssl rand -hex 32';

/** Wrong tokens are counted, not held up for ever: what keeps a guesser out is that there is much to guess. */
const secretText = z
  .string('must be text')
  .min(16, { error: `must have at least 16 characters; ${MAKE_ONE}`, abort: true })
  .refine((text) => new Set(text).size >= 8, `must have at least 8 different characters; ${MAKE_ONE}`);

const storeSettings = strict({
  kind: z.enum(STORE_KINDS, `must be ${STORE_KINDS.slice(0, -1).join(', ')} or ${STORE_KINDS.at(-1)!}`),
  path: z.string('must be a folder').min(1, 'must not be empty').optional(),
  url: z.string('must be a URL').optional(),
  client: z
    .custom<object>((given) => hasMethods(given, 'duplicate', 'evalsha'), 'must be a Redis or a Cluster of ioredis')
    .optional(),
  options: z
    .custom<object>(
      (given) => typeof given === 'object' && given !== null && !Array.isArray(given),
      'must be an object with options of ioredis',
    )
    .optional(),
  namespace: z
    .string('must be text')
    .regex(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 of a-z, 0-9, "_" and "-"')
    .optional(),
  shards: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(64, 'must be at most 64: each instance follows each shard over a connection of its own')
    .optional(),
  credentials: z.string('must be a path, or the JSON itself').optional(),
  encryptionSecret: secretText.optional(),
});

/** Settings, or a store of the app's own. */
const store = z.unknown().superRefine((given, context) => {
  const refuse = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message });
  if (isOwnStore(given)) {
    for (const [name, message] of ownStoreProblems(given)) refuse([name], message);
  } else {
    for (const { path, message } of storeSettings.safeParse(given).error?.issues ?? []) refuse(path, message);
  }
});

const webhook = strict({
  url: z.string('is needed: the URL that events are sent to').refine(isWebhookUrl, WEBHOOK_URL_RULE),
  secret: z
    .string(`is needed; ${MAKE_WEBHOOK_SECRET}`)
    .refine(
      isWebhookSecret,
      `must be whsec_ and base64 of 16 bytes or more, or text of 16 characters or more; ${MAKE_WEBHOOK_SECRET}`,
    ),
  events: z
    .array(z.enum(HEARD_KEY_EVENTS, `must be of: ${HEARD_KEY_EVENTS.join(', ')}`), 'must be a list of events')
    .min(1, 'must name an event, or be left out')
    .optional(),
  allowHttp: z.boolean('must be true or false').optional(),
}).superRefine((given, context) => {
  if (given.allowHttp === true || !isUnencrypted(given.url)) return;
  const message = `${WEBHOOK_URL_RULE}; allowHttp lets it be http inside your own network`;
  context.addIssue({ code: 'custom', path: ['url'], message });
});

const KEPT_CALLS = strict({
  keep: z
    .number('must be a number of calls')
    .int('must be a whole number')
    .min(1, 'must be 1 or more; failedCalls: false keeps none')
    .max(10_000, 'must be 10000 or less'),
});

/** How many failed calls are remembered, or false. */
const failedCalls = z.unknown().superRefine((given, context) => {
  if (given === false) return;
  if (typeof given !== 'object' || given === null)
    return context.addIssue({ code: 'custom', message: 'must be false, or as { keep: 300 }' });
  for (const { path, message } of KEPT_CALLS.safeParse(given).error?.issues ?? [])
    context.addIssue({ code: 'custom', path, message });
});

const usdPerMillion = z
  .number('must be a number of US dollars for a million tokens')
  .min(0, 'must be 0 or more')
  .max(1_000_000, 'must be in US dollars for a million tokens, 1000000 at the most')
  .optional();
const PRICE_TIME = z.custom<Date>((given) => Number.isFinite(timeOf(given)), TIME_RULE);
const PRICE = strict({
  inputUsdPerMillion: usdPerMillion,
  outputUsdPerMillion: usdPerMillion,
  cachedInputUsdPerMillion: usdPerMillion,
  cacheWriteUsdPerMillion: usdPerMillion,
  from: PRICE_TIME.optional(),
  until: PRICE_TIME.optional(),
});
type Price = z.infer<typeof PRICE>;

/** What is wrong with the times of prices of one name: the index of the price, its field, and the fault. */
function priceTimeFlaws(prices: readonly Price[]): { index: number; field: 'from' | 'until'; message: string }[] {
  const begins = prices.map(({ from }) => (from === undefined ? -Infinity : timeOf(from)));
  return prices.flatMap(({ until }, index) => {
    const same = begins.indexOf(begins[index]!);
    const isEmpty = until !== undefined && timeOf(until) <= begins[index]!;
    return [
      ...(isEmpty ? [{ index, field: 'until' as const, message: 'must be later than from' }] : []),
      ...(same < index
        ? [
            {
              index,
              field: 'from' as const,
              message: `is that of price ${same}, too: state a later time, or leave one of the two out`,
            },
          ]
        : []),
    ];
  });
}

/** One price, or several by date. */
const PRICES = z.unknown().superRefine((given, context) => {
  const isList = Array.isArray(given);
  const list: readonly unknown[] = isList ? given : [given];
  if (list.length === 0) context.addIssue({ code: 'custom', message: 'must hold a price, or be left out' });
  const pathTo = (index: number): PropertyKey[] => (isList ? [index] : []);
  const parsed = list.map((each) => PRICE.safeParse(each));
  for (const [index, { error }] of parsed.entries())
    for (const { path, message } of error?.issues ?? [])
      context.addIssue({ code: 'custom', path: [...pathTo(index), ...path], message });
  if (!parsed.every(({ success }) => success)) return;
  for (const { index, field, message } of priceTimeFlaws(list as readonly Price[]))
    context.addIssue({ code: 'custom', path: [...pathTo(index), field], message });
});
/** The names of models may have slashes of their own. */
const PRICED = z
  .string()
  .regex(/^[a-zA-Z0-9][\w.-]{0,63}(?:\/.{1,2048})?$/, 'names a vendor, or vendor/model as openai/gpt-5');

export const OPTIONS = strict({
  providers: z.record(z.string(), provider.optional(), 'must be an object of providers by name').optional(),
  maxRetries,
  healthCheckIntervalMinutes,
  healthCheckDepth: z.enum(['light', 'deep'], 'must be light or deep').optional(),
  errorClassification: z.enum(['evidence', 'status'], 'must be evidence or status').optional(),
  backoff: strict({ initialMs: milliseconds.optional(), maxMs: milliseconds.optional() }).optional(),
  startupCheckTimeoutMs: milliseconds.optional(),
  drainTimeoutMs: milliseconds.optional(),
  minimumUsableKeys: wholeNumber.optional(),
  failedCalls: failedCalls.optional(),
  store: store.optional(),
  webhook: webhook.optional(),
  adminToken: secretText.optional(),
  viewerToken: secretText.optional(),
  prices: z.record(PRICED, PRICES.optional(), 'must be an object of prices by vendor, or vendor and model').optional(),
});
