import { inspect } from 'node:util';
import type { KeyManagementOptions } from './key-management.options';
import type { Environment } from './environment';
import { KeyManagementConfigurationError, resolveOptions } from './resolve-options';
import type {} from './resolved-options';

const KEY = 'sk-proj-SECRETsecretSECRETsecretSECRET';

function problemsOf(options: unknown, env: Environment = {}): readonly string[] {
  try {
    resolveOptions(options as KeyManagementOptions, env);
  } catch (error) {
    expect(error).toBeInstanceOf(KeyManagementConfigurationError);
    const shown = `${String(error)}${inspect(error)}${JSON.stringify(error)}`;
    expect(shown.replaceAll('KEY_ENCRYPTION_SECRET', '')).not.toContain('SECRET');
    return (error as KeyManagementConfigurationError).problems;
  }
  return [];
}

const METHODS = ['open', 'load', 'write', 'lock', 'unlock', 'close'] as const;
const ownStore = (): object => ({
  kind: 'mine',
  shared: true,
  ...Object.fromEntries(METHODS.map((method) => [method, () => Promise.resolve()])),
});

const TIME_RULE = 'must be a Date, or a time as 2027-01-31T12:00:00Z.';

describe('what is wrong', () => {
  it.each<[unknown, string]>([
    [{ maxRetries: -1 }, 'maxRetries: must be 0 or more.'],
    [{ maxRetries: 1.5 }, 'maxRetries: must be a whole number.'],
    [{ maxRetries: 'SECRET' }, 'maxRetries: must be a whole number.'],
    [{ healthCheckIntervalMinutes: 0 }, 'healthCheckIntervalMinutes: must be 0.05 minutes (3 s) or more.'],
    [{ failedCalls: true }, 'failedCalls: must be false, or as { keep: 300 }.'],
    [{ failedCalls: null }, 'failedCalls: must be false, or as { keep: 300 }.'],
    [{ failedCalls: { keep: 0 } }, 'failedCalls.keep: must be 1 or more; failedCalls: false keeps none.'],
    [{ failedCalls: { keep: 10_001 } }, 'failedCalls.keep: must be 10000 or less.'],
    [{ failedCalls: {} }, 'failedCalls.keep: must be a number of calls.'],
    [{ prices: { openai: [] } }, 'prices.openai: must hold a price, or be left out.'],
    [{ prices: { openai: 2 } }, 'prices.openai: must be an object.'],
    [{ prices: { openai: { from: 'SECRET' } } }, `prices.openai.from: ${TIME_RULE}`],
    [{ prices: { 'openai/gpt-5': [{}, { from: new Date(NaN) }] } }, `prices.openai/gpt-5.1.from: ${TIME_RULE}`],
    [{ prices: { acme: [{ inputUsdPerMillion: -1 }] } }, 'prices.acme.0.inputUsdPerMillion: must be 0 or more.'],
    [
      { prices: { acme: [{ since: 1 }] } },
      'prices.acme.0: has no setting named "since"; correct the name, or leave it out.',
    ],
    [
      { prices: { acme: { from: '2026-12-01T00:00:00Z', until: '2026-12-01T01:00:00+01:00' } } },
      'prices.acme.until: must be later than from.',
    ],
    [
      { prices: { acme: [{}, { from: '2026-12-01' }, { from: new Date('2026-12-01') }] } },
      'prices.acme.2.from: is that of price 1, too: state a later time, or leave one of the two out.',
    ],
    [
      { prices: { acme: [{ inputUsdPerMillion: 1 }, { inputUsdPerMillion: 2 }] } },
      'prices.acme.1.from: is that of price 0, too: state a later time, or leave one of the two out.',
    ],
    [{ errorClassification: 'SECRET' }, 'errorClassification: must be evidence or status.'],
    [
      { webhook: { secret: 'whsec_SECRETsecretSECRETsecretSECRET' } },
      'webhook.url: is needed: the URL that events are sent to.',
    ],
    [
      { webhook: { url: 'http://h.test/SECRET', secret: 'whsec_SECRETsecretSECRETsecretSECRET' } },
      'webhook.url: must be an https URL (http only on loopback) without credentials and fragment, as https://example.com/hooks/keys; allowHttp lets it be http inside your own network.',
    ],
    [
      { webhook: { url: 'https://SECRET@h.test', secret: 'whsec_SECRETsecretSECRETsecretSECRET' } },
      'webhook.url: must be an https URL (http only on loopback) without credentials and fragment, as https://example.com/hooks/keys.',
    ],
    [
      { webhook: { url: 'https://h.test', secret: 'whsec_SECRET-!' } },
      'webhook.secret: must be whsec_ and base64 of 16 bytes or more, or text of 16 characters or more; make one with: echo "whsec_$(openssl rand -base64 32)".',
    ],
    [
      { webhook: { url: 'https://h.test', secret: 'whsec_SECRETsecretSECRETsecretSECRET', events: [] } },
      'webhook.events: must name an event, or be left out.',
    ],
    [{ store: { kind: 'SECRET' } }, 'store.kind: must be file, firebase, redis or memory.'],
    [{ providers: 'SECRET' }, 'providers: must be an object of providers by name.'],
    [{ providers: { openai: KEY } }, 'providers.openai: must be an object.'],
    [{ providers: { openai: [KEY] } }, 'providers.openai: must be an object.'],
    [{ providers: { openai: { keys: KEY } } }, 'providers.openai.keys: must be a list of keys.'],
    [{ providers: { openai: { keys: [7] } } }, 'providers.openai.keys.0: must be an object.'],
    [
      { providers: { openai: { keys: [{ key: KEY, weight: 0 }] } } },
      'providers.openai.keys.0.weight: must be more than 0.',
    ],
    [
      { providers: { openai: { keys: [{ key: KEY, wieght: 1 }] } } },
      'providers.openai.keys.0: has no setting named "wieght"; correct the name, or leave it out.',
    ],
    [
      { providers: { openai: { baseUrl: 'http://SECRET@h' } } },
      'providers.openai.baseUrl: must be an https URL (http only on loopback) without credentials or query, as https://api.openai.com.',
    ],
    [
      { providers: { azure: { keys: ['SECRET-SECRET-SECRET'] } } },
      'providers.azure.baseUrl: is needed, since each customer has an address of its own, as https://my-resource.openai.azure.com.',
    ],
    [
      { providers: { x: { vendor: 'opnai' } } },
      'providers.x.vendor: names no vendor that is built in. It may mean "openai".',
    ],
    [
      { providers: { x: { compatibleWith: 'SECRET' } } },
      'providers.x.compatibleWith: must be "openai", "anthropic", "google", or left out.',
    ],
    [{ maxRetry: 3 }, 'options: has no setting named "maxRetry"; correct the name, or leave it out.'],
    [{ [KEY]: 3 }, 'options: has no setting named "***"; correct the name, or leave it out.'],
    [{ adminToken: 'SECRET' }, 'adminToken: must have at least 16 characters; make one with: openssl rand -hex 32.'],
    [
      { providers: { 'a b': {} } },
      'providers: the name "a b" must be 1 to 64 letters, digits, "_", "-" and ".", and begin with a letter or digit.',
    ],
    [
      JSON.parse('{"providers":{"__proto__":{"keys":[]}}}'),
      'providers: the name "__proto__" must be 1 to 64 letters, digits, "_", "-" and ".", and begin with a letter or digit.',
    ],
    ...['', 'Staging', 'a b', 'a/b', '{x}', 'é', 'a'.repeat(65)].map((namespace): [unknown, string] => [
      { store: { kind: 'memory', namespace } },
      'store.namespace: must be 1 to 64 of a-z, 0-9, "_" and "-".',
    ]),
    [{ store: { kind: 'memory', namespace: 7 } }, 'store.namespace: must be text.'],
    [{ store: { kind: 'redis', client: {} } }, 'store.client: must be a Redis or a Cluster of ioredis.'],
    [{ store: { kind: 'redis', options: [] } }, 'store.options: must be an object with options of ioredis.'],
    [
      { store: { kind: 'file', options: { password: 'SECRET' } } },
      "store.options: is for the redis store; set kind: 'redis', or leave it out.",
    ],
    [
      { store: { kind: 'redis', url: 'redis://h', client: { duplicate: () => 0, evalsha: () => 0 } } },
      'store.client: stands for url and options; give the client alone, or leave it out.',
    ],
    ...['redis://:SECRET@h:1,', 'redis://a:1,http://b:2', 'redis://a:1,b:SECRET', ',redis://a'].map(
      (url): [unknown, string] => [
        { store: { kind: 'redis', url } },
        'store.url (REDIS_URL): is no URL of a Redis; give redis://user:password@host:port/database, or rediss://… for TLS.',
      ],
    ),
    [
      { store: { kind: 'redis', url: 'redis://:SECRET@a:1,b:2/3' } },
      'store.url (REDIS_URL): names a database, of which a Redis Cluster has one; leave it out, and keep apps apart by KEY_STORE_NAMESPACE.',
    ],
    [{ store: { kind: 'redis', url: 'redis://h', shards: 0 } }, 'store.shards: must be at least 1.'],
    [{ store: { kind: 'redis', url: 'redis://h', shards: 1.5 } }, 'store.shards: must be a whole number.'],
    [
      { store: { kind: 'memory', shards: 4 } },
      "store.shards: is for the redis store; set kind: 'redis', or leave it out.",
    ],
    ...METHODS.map((missing): [unknown, string] => [
      { store: { ...ownStore(), [missing]: undefined } },
      `store.${missing}: is no method; a store of your own needs open, load, write, lock, unlock, close, as KeyStore says.`,
    ]),
    [{ store: { kind: 'mine' } }, 'store.kind: must be file, firebase, redis or memory.'],
  ])('in %j is named with its mend', (options, problem) => {
    expect(problemsOf(options)).toEqual([problem]);
  });

  it('in place of a provider’s name may be a key, and is not shown', () => {
    expect(problemsOf({ providers: { [`${KEY}${KEY}!`]: {} } })).toHaveLength(1);
  });

  it.each([
    ['MAX_RETRIES', 'SECRET', 'MAX_RETRIES (option maxRetries): must be a whole number.'],
    ['MAX_RETRIES', '1e9', 'MAX_RETRIES (option maxRetries): must be 100 or less.'],
    [
      'HEALTH_CHECK_INTERVAL_MINUTES',
      'SECRET',
      'HEALTH_CHECK_INTERVAL_MINUTES (option healthCheckIntervalMinutes): must be a number of minutes.',
    ],
    [
      'KEY_STORE_NAMESPACE',
      'SECRET',
      'KEY_STORE_NAMESPACE (option store.namespace): must be 1 to 64 of a-z, 0-9, "_" and "-".',
    ],
    ['KEY_STORE', 'SECRET', 'KEY_STORE (option store.kind): must be file, firebase, redis or memory.'],
    [
      'ERROR_CLASSIFICATION',
      'SECRET',
      'ERROR_CLASSIFICATION (option errorClassification): must be evidence or status.',
    ],
    [
      'ADMIN_TOKEN',
      'SECRET',
      'ADMIN_TOKEN (option adminToken): must have at least 16 characters; make one with: openssl rand -hex 32.',
    ],
    ...(['ADMIN_TOKEN', 'VIEWER_TOKEN', 'KEY_ENCRYPTION_SECRET'] as const).map((name) => {
      const option = {
        ADMIN_TOKEN: 'adminToken',
        VIEWER_TOKEN: 'viewerToken',
        KEY_ENCRYPTION_SECRET: 'store.encryptionSecret',
      };
      const mend = 'must have at least 8 different characters; make one with: openssl rand -hex 32.';
      return [name, 'SECRET'.repeat(8), `${name} (option ${option[name]}): ${mend}`];
    }),
    [
      'OPENAI_BASE_URL',
      'SECRET',
      'OPENAI_BASE_URL (option providers.openai.baseUrl): must be an https URL (http only on loopback) without credentials or query, as https://api.openai.com.',
    ],
    [
      'KEY_ENCRYPTION_SECRET',
      'SECRET',
      'KEY_ENCRYPTION_SECRET (option store.encryptionSecret): must have at least 16 characters; make one with: openssl rand -hex 32.',
    ],
  ])('in %s=%s is named by the variable', (name, value, problem) => {
    expect(problemsOf({}, { [name]: value })).toEqual([problem]);
  });

  it('is told all at once', () => {
    expect(problemsOf({}, { MAX_RETRIES: 'x', HEALTH_CHECK_INTERVAL_MINUTES: 'x', KEY_STORE: 'x' })).toHaveLength(3);
    expect(problemsOf({ maxRetries: -1, adminToken: 'x', providers: { openai: { baseUrl: 'x' } } })).toHaveLength(3);
  });

  it.each([
    [{ KEY_STORE: 'redis' }, 'store.url (REDIS_URL): the redis store needs it; set it, or choose another KEY_STORE.'],
    [
      { KEY_STORE: 'firebase', REDIS_URL: 'r' },
      'store.url (FIREBASE_URL): the firebase store needs it; set it, or choose another KEY_STORE.',
    ],
    [
      { REDIS_URL: 'SECRET:6379' },
      'store.url (REDIS_URL): is no URL of a Redis; give redis://user:password@host:port/database, or rediss://… for TLS.',
    ],
    [
      { FIREBASE_URL: 'SECRET' },
      'store.url (FIREBASE_URL): is no URL of a database; give https://<database>.firebaseio.com, as the Firebase console shows it.',
    ],
    [
      { ADMIN_TOKEN: 'SECRETsecretSECRET', VIEWER_TOKEN: 'SECRETsecretSECRET' },
      'adminToken and viewerToken (ADMIN_TOKEN, VIEWER_TOKEN) must differ: give the viewer a token of its own.',
    ],
    [
      { KEY_ENCRYPTION_SECRET_PREVIOUS: 'SECRETsecretSECRET' },
      'KEY_ENCRYPTION_SECRET_PREVIOUS: is of use only beside KEY_ENCRYPTION_SECRET; set that too.',
    ],
  ])('between settings is named: %j', (env, problem) => {
    expect(problemsOf({}, env)).toEqual([problem]);
  });
});

it('shows no secret when printed', () => {
  const options = resolveOptions(
    {
      providers: { openai: { keys: [KEY] } },
      adminToken: 'SECRETsecretSECRET',
      store: { kind: 'redis', url: 'redis://:SECRET@h' },
    },
    { KEY_ENCRYPTION_SECRET: 'SECRETsecretSECRET', FIREBASE_CREDENTIALS_JSON: 'SECRET' },
  );
  expect(inspect(options, { depth: null, showHidden: true })).not.toMatch(/SECRET/);
  expect(JSON.stringify(options)).not.toMatch(/SECRET/);
});
