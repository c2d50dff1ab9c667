import { z } from 'zod';
import { isTimeZone } from '../common/period-end';
import { isBaseUrl } from '../common/http';
import { nearestName } from '../common/near-miss';
import { strictObject } from '../common/strict-object';
import { KEY_ACTIONS, OUTCOMES, RETRY_ADVICES, SCOPES } from './contract/outcome';
import { WIRE_FORMATS, type VendorProfile } from './contract/profile';
import { BUILT_IN_VENDORS } from './index';

const oneOf = <const T extends readonly string[]>(words: T) => z.enum(words, `must be one of ${words.join(', ')}`);
const shape = <T extends z.ZodRawShape>(fields: T) => strictObject(fields, 'field');
const text = z.string('must be text').min(1, 'must not be empty');
const path = z.string('must be text').regex(/^\/[\x21-\x7e]{0,500}$/, 'must be a path that begins with "/"');
const header = z.string('must be text').regex(/^[!#$%&'*+.^_`|~\w-]{1,128}$/, 'must be the name of an HTTP header');
const headerValue = z.string('must be text').regex(/^[\x20-\x7e\t]{0,8192}$/, 'must be printable ASCII in one line');
const callable = z.custom<object>((given) => typeof given === 'function', 'must be a function');
/** One with the flags `g` or `y` remembers where it stopped, and then matches only now and then. */
const pattern = z.instanceof(RegExp, { error: 'must be a regular expression' });
const stateless = pattern.refine(({ flags }) => !/[gy]/.test(flags), 'must not have the flags g or y');
const token = pattern.refine((given) => ''.search(given) < 0, 'must not match an empty text: it would mask everything');
const namesModel = stateless.refine(
  ({ source }) => /\((?!\?)/.test(source),
  'must have a group in which the model stands, as /\\/models\\/([^/]+):/',
);
const fieldPath = z
  .string('must be the name of a field')
  .regex(/^[\w-]{1,64}(?:\.[\w-]{1,64})?$/, 'must be the name of a field, or of one in an object, as metadata.user_id');
const place = z
  .string('must be the place of a field')
  .regex(
    /^[\w-]{1,64}(?:\.[\w-]{1,64}){0,7}$/,
    'must be the names of fields with dots between, as data.limit_remaining',
  );
const status = z
  .number('must be an HTTP status')
  .int()
  .min(100, 'must be an HTTP status')
  .max(599, 'must be an HTTP status');

const baseUrl = z
  .string('must be a URL')
  .refine(isBaseUrl, 'must be a URL without credentials or query, as https://api.example.com');

/** Where a key travels: `{ header, scheme? }`, or `{ query }`. */
export const CREDENTIAL = z.union(
  [
    shape({
      header,
      scheme: z
        .string()
        .regex(/^[\w-]{1,64}$/)
        .optional(),
    }),
    shape({ query: z.string().regex(/^[\w.-]{1,64}$/) }),
  ],
  'must be { header, scheme? } or { query }',
);
export const HEADERS = z.record(header, headerValue, 'must be an object of headers');
export const QUERY = z.record(text, z.string('must be text'), 'must be an object of query parameters');
export const PROBE_PATH = z.union([z.literal(false), path], 'must be a path that begins with "/", or false');

const condition = z.union(
  [
    shape({ on: z.enum(['code', 'type', 'reason', 'detail_code', 'gstatus']), oneOf: z.array(text) }),
    shape({ on: z.enum(['quota_id', 'message', 'endpoint']), pattern: stateless }),
    shape({ on: z.literal('status'), oneOf: z.array(status) }),
    shape({ on: z.literal('phase'), is: z.enum(['http', 'probe', 'stream', 'transport']) }),
    shape({ on: z.literal('body'), is: z.enum(['html', 'not_json']) }),
    shape({ on: z.enum(['http_5xx', 'not_5xx', 'stated_wait', 'all_limits_zero', 'edge']) }),
  ],
  'must be a condition, as { on: "code", oneOf: ["…"] } or { on: "message", pattern: /^…/i } without the flags g and y',
);
const milliseconds = z.number('must be a number of milliseconds').min(0, 'must be 0 or more');
const rule = shape({
  id: text,
  when: z.array(condition, 'must be a list of conditions').min(1, 'must have a condition'),
  source: text.optional(),
  outcome: oneOf(OUTCOMES),
  keyAction: oneOf(KEY_ACTIONS).optional(),
  scope: oneOf(SCOPES).optional(),
  retry: oneOf(RETRY_ADVICES).optional(),
  cooldownMs: milliseconds.optional(),
  cooldownMaxMs: milliseconds.optional(),
  escalateOnRepeat: z.literal('midnight_pacific').optional(),
});

const list = (of: z.ZodType) => z.array(of, 'must be a list');
const words = list(text.max(100, 'must be 100 characters at most'));
/** Paths of fields in an answer; an empty one is the answer itself. */
const countPaths = list(
  z
    .string('must be the name of a field')
    .regex(
      /^(?:[\w-]{1,64}(?:\.[\w-]{1,64}){0,7})?$/,
      'must be the name of a field, or of one in an object, as usage.tokens.input; or empty for the answer itself',
    ),
);
const boundKind = shape({
  kind: text,
  collections: words.optional(),
  actions: words.optional(),
  fields: words.optional(),
  idField: text.optional(),
  like: stateless.optional(),
  isNamed: z.boolean('must be true or false').optional(),
  toldBy: list(shape({ path: text, where: stateless.optional() })).optional(),
  notMadeBy: stateless.optional(),
  keptDays: z
    .number('must be a number of days')
    .positive('must be more than 0')
    .max(366, 'must be 366 at most')
    .optional(),
});
const PROFILE = shape({
  name: z
    .string('must be text')
    .regex(/^[a-zA-Z0-9][\w.-]{0,63}$/, 'must be letters, digits, "_", "-" and ".", 64 at most'),
  label: text.optional(),
  wireFormat: oneOf(WIRE_FORMATS).optional(),
  baseUrl: baseUrl.optional(),
  baseUrlExample: text.optional(),
  credential: CREDENTIAL.optional(),
  headers: HEADERS.optional(),
  query: QUERY.optional(),
  keyFormat: shape({
    prefixes: list(text).optional(),
    ownPrefixes: list(text).optional(),
    wrongKinds: list(shape({ prefix: text, mend: text })).optional(),
    shortest: z.number('must be a number').int().positive('must be more than 0').optional(),
    longest: z.number('must be a number').int().positive('must be more than 0').optional(),
  }).optional(),
  keyTokens: list(token).optional(),
  keyVariables: list(text).optional(),
  probes: shape({
    light: z
      .union([
        z.literal(false),
        list(
          shape({
            method: oneOf(['GET', 'POST']).optional(),
            path,
            body: z.record(z.string(), z.unknown(), 'must be an object').optional(),
            proves: oneOf(['key', 'key_unless_public', 'quota']),
            acceptedBy: list(status).optional(),
          }),
        ),
      ])
      .optional(),
    deep: z.union([z.literal(false), list(shape({ path, body: callable, model: text.optional() }))]).optional(),
  }).optional(),
  balance: shape({
    path,
    amount: z.union(
      [shape({ left: place }), shape({ spent: place, limit: place })],
      'must be { left } or { spent, limit }, each the place of an amount, as data.limit_remaining',
    ),
    endsAt: place.optional(),
    unit: z.union(
      [text, shape({ at: place })],
      'must be a unit, as usd, or { at }: the place where the answer says so',
    ),
    of: oneOf(['key', 'account']).optional(),
    unitByHost: z.record(text, text, 'must be an object of units by host').optional(),
    source: text.optional(),
  }).optional(),
  rules: list(rule).optional(),
  statusTable: z
    .record(
      z.string().regex(/^[1-5]\d\d$/, 'maps HTTP statuses'),
      oneOf(OUTCOMES),
      'must be an object of outcomes by HTTP status',
    )
    .optional(),
  statusRules: z.literal(false, 'must be false, or left out').optional(),
  rateLimits: shape({
    kind: oneOf(['token_bucket', 'fixed_window']).optional(),
    scope: oneOf(['key_model', 'key']).optional(),
    countedFor: oneOf(['key', 'account']).optional(),
    read: callable.optional(),
    headers: list(text).optional(),
    books: oneOf(['input_and_max_output', 'input_and_output', 'input']).optional(),
    booksCachedInput: z.boolean('must be true or false').optional(),
    tokens: text.optional(),
    day: shape({
      timeZone: text.refine(isTimeZone, 'must be a time zone, such as Europe/Paris'),
      source: text,
    }).optional(),
  }).optional(),
  accountHeaders: list(header).optional(),
  accountInText: list(token).optional(),
  accountInDetails: z
    .record(z.string().regex(/^\w{1,64}$/), stateless, 'must be an object of patterns by field')
    .optional(),
  accountInHost: stateless.optional(),
  alsoCalled: list(text).optional(),
  mistakenVariables: list(text).optional(),
  telemetryName: text.optional(),
  usage: shape({
    places: countPaths.optional(),
    input: countPaths.optional(),
    addedInput: countPaths.optional(),
    output: countPaths.optional(),
    addedOutput: countPaths.optional(),
    cachedInput: countPaths.optional(),
    cacheWrite: countPaths.optional(),
    reasoning: countPaths.optional(),
    cost: countPaths.optional(),
    costUnitsPerUsd: z.number('must be a number').positive('must be more than 0').optional(),
  }).optional(),
  pricesName: text.optional(),
  errorBody: callable.optional(),
  modelPaths: list(namesModel).optional(),
  streamBeginning: shape({ preamble: list(text).optional(), begun: list(text).optional() }).optional(),
  idempotencyHeader: header.optional(),
  affinityFields: list(fieldPath).optional(),
  affinityHeaders: list(header).optional(),
  uploadUrlHeader: header.optional(),
  boundIds: z
    .union(
      [
        z.literal(false),
        shape({
          kinds: list(boundKind),
          notFound: list(z.array(condition, 'must be a list of conditions').min(1, 'must have a condition')),
        }),
      ],
      'must be { kinds, notFound }, or false',
    )
    .optional(),
});

interface Problem {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** What is wrong with a vendor that a provider names: a name that is not built in, or a profile with a wrong field. */
export function vendorProblems(given: unknown): readonly Problem[] {
  if (typeof given !== 'string') return PROFILE.safeParse(given).error?.issues ?? [];
  if (BUILT_IN_VENDORS.has(given)) return [];
  const names = [...BUILT_IN_VENDORS.keys()];
  const meant = nearestName(given, names);
  const hint =
    meant === undefined
      ? `Built in are ${names.join(', ')}; defineVendor makes one of your own`
      : `It may mean "${meant}"`;
  return [{ path: [], message: `names no vendor that is built in. ${hint}` }];
}

/**
 * A vendor of your own, checked: it gets all that a built-in one has (probes, rules, the managed fetch).
 *
 * @param profile Only `name` is needed; what is left out follows `wireFormat` (default `openai`).
 * @returns The same profile, for `providers.<name>.vendor`.
 * @throws TypeError that names each wrong field and the mend.
 * @example
 * const acme = defineVendor({ name: 'acme', baseUrl: 'https://api.acme.example', credential: { header: 'x-acme-key' } });
 */
export function defineVendor<const P extends VendorProfile>(profile: P): P {
  const problems = PROFILE.safeParse(profile).error?.issues ?? [];
  if (problems.length > 0) {
    const lines = problems.map(({ path: at, message }) => `- ${['vendor', ...at].join('.')}: ${message}`);
    throw new TypeError(`The profile of a vendor is wrong:\n${lines.join('\n')}`);
  }
  return profile;
}
