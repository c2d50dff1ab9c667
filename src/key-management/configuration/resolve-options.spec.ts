import type { Redis } from 'ioredis';
import { MemoryKeyStore } from '../store/memory/memory-key-store';
import { inspect } from 'node:util';
import type { KeyManagementOptions } from './key-management.options';
import { keyIdOf } from '../pool/key/api-key';
import type { Environment } from './environment';
import { KeyManagementConfigurationError, resolveOptions } from './resolve-options';
import type { ResolvedOptions } from './resolved-options';

const KEY = 'sk-proj-SECRETsecretSECRETsecretSECRET';
const OTHER = 'sk-proj-OTHERotherOTHERotherOTHERother';

const rawKeys = (options: ResolvedOptions, provider: string): string[] =>
  options.providers.get(provider)!.keys.map(({ key }) => key.reveal());

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

describe('with nothing set', () => {
  it('the defaults hold', () => {
    expect(resolveOptions(undefined, {})).toMatchObject({
      maxRetries: 3,
      healthCheckIntervalMinutes: 10,
      healthCheckDepth: 'deep',
      errorClassification: 'evidence',
      backoff: { initialMs: 500, maxMs: 8_000 },
      startupCheckTimeoutMs: 10_000,
      failedCalls: { keep: 300 },
      store: { kind: 'file', path: './data', url: undefined, encryptionSecrets: [] },
      adminToken: undefined,
      viewerToken: undefined,
    });
  });

  it('the three vendors are there without keys', () => {
    const { providers } = resolveOptions({}, {});
    expect([...providers]).toEqual(
      ['openai', 'anthropic', 'google'].map((name) => [
        name,
        expect.objectContaining({ keys: [], baseUrl: undefined }),
      ]),
    );
  });
});

describe('the environment', () => {
  it.each<[string, string, (options: ResolvedOptions) => unknown, unknown]>([
    ['MAX_RETRIES', '7', (options) => options.maxRetries, 7],
    ['MAX_RETRIES', '0', (options) => options.maxRetries, 0],
    ['FAILED_CALLS_KEPT', '50', (options) => options.failedCalls, { keep: 50 }],
    ['FAILED_CALLS_KEPT', '0', (options) => options.failedCalls, false],
    ['HEALTH_CHECK_INTERVAL_MINUTES', '2.5', (options) => options.healthCheckIntervalMinutes, 2.5],
    ['HEALTH_CHECK_DEPTH', 'light', (options) => options.healthCheckDepth, 'light'],
    ['ERROR_CLASSIFICATION', 'status', (options) => options.errorClassification, 'status'],
    ['OPENAI_API_KEYS', KEY, (options) => rawKeys(options, 'openai'), [KEY]],
    ['ANTHROPIC_API_KEYS', `${KEY},${OTHER}`, (options) => rawKeys(options, 'anthropic'), [KEY, OTHER]],
    ['GOOGLE_API_KEYS', `${KEY}\n${OTHER}`, (options) => rawKeys(options, 'google'), [KEY, OTHER]],
    [
      'OPENAI_BASE_URL',
      'https://proxy.example/openai',
      (options) => options.providers.get('openai')!.baseUrl,
      'https://proxy.example/openai',
    ],
    [
      'ANTHROPIC_BASE_URL',
      'http://127.0.0.1:8080/',
      (options) => options.providers.get('anthropic')!.baseUrl,
      'http://127.0.0.1:8080',
    ],
    [
      'GOOGLE_BASE_URL',
      'http://localhost:1',
      (options) => options.providers.get('google')!.baseUrl,
      'http://localhost:1',
    ],
    ['OPENAI_PROBE_MODEL', 'gpt-6-nano', (options) => options.providers.get('openai')!.probeModel, 'gpt-6-nano'],
    ['ANTHROPIC_PROBE_MODEL', 'claude', (options) => options.providers.get('anthropic')!.probeModel, 'claude'],
    ['GOOGLE_PROBE_MODEL', 'gemini', (options) => options.providers.get('google')!.probeModel, 'gemini'],
    ['KEY_STORE', 'memory', (options) => options.store.kind, 'memory'],
    ['KEY_STORE_PATH', '/var/keys', (options) => options.store, { path: '/var/keys', kind: 'file' }],
    ['KEY_STORE_NAMESPACE', 'staging-2', (options) => options.store.namespace, 'staging-2'],
    ['REDIS_URL', 'redis://h', (options) => [options.store.kind, options.store.url!.reveal()], ['redis', 'redis://h']],
    [
      'FIREBASE_URL',
      'https://h',
      (options) => [options.store.kind, options.store.url!.reveal()],
      ['firebase', 'https://h'],
    ],
    ['FIREBASE_CREDENTIALS_JSON', '/c.json', (options) => options.store.credentials!.reveal(), '/c.json'],
    ['FIREBASE_DATABASE_EMULATOR_HOST', 'h:1', (options) => options.store.emulatorHost, 'h:1'],
    [
      'KEY_ENCRYPTION_SECRET',
      'secret-at-rest-0',
      (options) => options.store.encryptionSecrets[0]!.reveal(),
      'secret-at-rest-0',
    ],
    ['ADMIN_TOKEN', 'admin-token-0123', (options) => options.adminToken!.reveal(), 'admin-token-0123'],
    ['VIEWER_TOKEN', 'viewer-token-012', (options) => options.viewerToken!.reveal(), 'viewer-token-012'],
  ])('%s=%s', (name, value, read, expected) => {
    for (const given of [value, `  ${value} \n`]) {
      const seen = read(resolveOptions({}, { [name]: given }));
      if (Array.isArray(expected) || typeof expected !== 'object') expect(seen).toEqual(expected);
      else expect(seen).toMatchObject(expected as object);
    }
  });

  it('counts a blank variable as unset', () => {
    const blank = { MAX_RETRIES: ' ', KEY_STORE: '', OPENAI_API_KEYS: '  ', REDIS_URL: '\n', ADMIN_TOKEN: '' };
    expect(resolveOptions({}, blank)).toMatchObject({ maxRetries: 3, store: { kind: 'file' }, adminToken: undefined });
  });

  it('takes blanks, spaces and the same key twice out of a list', () => {
    const env = { OPENAI_API_KEYS: ` ${KEY} ,, ${OTHER},\n${KEY}\n , ` };
    expect(rawKeys(resolveOptions({}, env), 'openai')).toEqual([KEY, OTHER]);
  });

  it('divides a Redis by KEY_STORE_SHARDS, which says nothing of other stores', () => {
    const shards = (env: Record<string, string>) => resolveOptions({}, { ...env, KEY_STORE_SHARDS: '4' }).store.shards;
    expect([shards({ REDIS_URL: 'redis://h' }), shards({ KEY_STORE: 'memory' })]).toEqual([4, 1]);
  });

  it.each([
    [{ REDIS_URL: 'redis://h', FIREBASE_URL: 'https://h' }, 'redis', 'redis://h'],
    [{ REDIS_URL: 'redis://h', FIREBASE_URL: 'https://h', KEY_STORE: 'firebase' }, 'firebase', 'https://h'],
    [{ REDIS_URL: 'redis://h', FIREBASE_URL: 'https://h', KEY_STORE: 'redis' }, 'redis', 'redis://h'],
    [{ REDIS_URL: 'redis://h', KEY_STORE: 'file' }, 'file', undefined],
    [{ FIREBASE_URL: 'https://h', KEY_STORE: 'memory' }, 'memory', undefined],
  ])('%j chooses the store %s', (env, kind, url) => {
    const { store } = resolveOptions({}, env);
    expect([store.kind, store.url?.reveal()]).toEqual([kind, url]);
  });
});

describe('an option', () => {
  it('beats the environment, and leaves it what it does not say', () => {
    const env = {
      MAX_RETRIES: '7',
      HEALTH_CHECK_INTERVAL_MINUTES: '1',
      OPENAI_API_KEYS: OTHER,
      OPENAI_BASE_URL: 'https://proxy.example',
      KEY_STORE: 'redis',
      REDIS_URL: 'redis://h',
      KEY_ENCRYPTION_SECRET: 'secret-at-rest-0',
    };
    const options = resolveOptions(
      { maxRetries: 0, providers: { openai: { keys: [KEY], baseUrl: undefined } }, store: { kind: 'memory' } },
      env,
    );
    expect(options).toMatchObject({
      maxRetries: 0,
      healthCheckIntervalMinutes: 1,
      store: { kind: 'memory', url: undefined },
    });
    expect(rawKeys(options, 'openai')).toEqual([KEY]);
    expect(options.providers.get('openai')!.baseUrl).toBe('https://proxy.example');
    expect(options.store.encryptionSecrets[0]!.reveal()).toBe('secret-at-rest-0');
  });

  it.each(['redis', 'firebase'] as const)(
    'that names the store %s takes its own address from the environment',
    (kind) => {
      const urls = { redis: 'rediss://own', firebase: 'https://own' };
      const given = { redis: 'redis://given', firebase: 'http://given' }[kind];
      const env = { REDIS_URL: urls.redis, FIREBASE_URL: urls.firebase, KEY_STORE: 'file' };
      expect(resolveOptions({ store: { kind } }, env).store.url!.reveal()).toBe(urls[kind]);
      expect(resolveOptions({ store: { kind, url: given } }, env).store.url!.reveal()).toBe(given);
    },
  );

  it('that is in order hides a wrong variable', () => {
    expect(problemsOf({ maxRetries: 1 }, { MAX_RETRIES: 'many' })).toEqual([]);
  });

  it('lists of no keys silence the environment’s', () => {
    expect(
      rawKeys(resolveOptions({ providers: { openai: { keys: [] } } }, { OPENAI_API_KEYS: KEY }), 'openai'),
    ).toEqual([]);
  });

  it('takes the same key once, as it was mentioned first', () => {
    const keys = [{ key: ` ${KEY}`, label: 'first', weight: 2 }, KEY, '', { key: '  ' }, OTHER];
    const resolved = resolveOptions({ providers: { openai: { keys } } }, {}).providers.get('openai')!.keys;
    expect(resolved).toMatchObject([
      { label: 'first', weight: 2, key: { id: keyIdOf(KEY) } },
      { key: { id: keyIdOf(OTHER) } },
    ]);
  });

  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com'],
    ['https://api.openai.com/v1/', 'https://api.openai.com'],
    ['https://h/v1beta//', 'https://h'],
    ['https://h/openai/v1', 'https://h/openai'],
    ['https://h/api/v4', 'https://h/api/v4'],
  ])('base URL %s is used as %s', (baseUrl, used) => {
    expect(resolveOptions({ providers: { openai: { baseUrl } } }, {}).providers.get('openai')!.baseUrl).toBe(used);
  });

  it('may name a provider like anything that every object has', () => {
    const { providers } = resolveOptions(
      { providers: { constructor: { keys: [KEY] }, toString: { keys: [OTHER] } } },
      {},
    );
    expect([...providers.keys()]).toEqual(['openai', 'anthropic', 'google', 'constructor', 'toString']);
    expect(providers.get('constructor')).toMatchObject({ keys: [{ key: { id: keyIdOf(KEY) } }], baseUrl: undefined });
  });
});

describe('the store in the options', () => {
  it('C9: may be a client or options of ioredis instead of a URL, and shows neither', () => {
    const sentinels = [{ host: 'h', port: 26_379 }];
    const options = { sentinels, name: 'main', password: 'not-to-be-shown' };
    const resolved = resolveOptions({ store: { kind: 'redis', options } }, {});
    expect(resolved.store).toMatchObject({ kind: 'redis', url: undefined, namespace: 'default' });
    expect(resolved.store.redis!.reveal().options).toBe(options);
    expect(`${inspect(resolved, { depth: null, showHidden: true })}${JSON.stringify(resolved)}`).not.toContain(
      'not-to-be',
    );
    // What the environment names is for the other apps on this machine.
    const client = { duplicate: () => undefined, evalsha: () => undefined } as unknown as Redis;
    const byClient = resolveOptions({ store: { kind: 'redis', client } }, { REDIS_URL: 'redis://h' });
    expect(byClient.store.redis!.reveal().client).toBe(client);
  });

  it('C9: may be a store of one’s own, with the secret from the environment', () => {
    const own = new MemoryKeyStore();
    const { store } = resolveOptions(
      { store: own },
      { KEY_STORE: 'redis', KEY_STORE_NAMESPACE: 'x', KEY_ENCRYPTION_SECRET: 'secret-at-rest-0' },
    );
    expect(store).toMatchObject({ kind: 'memory', own });
    expect(store.encryptionSecrets).toHaveLength(1);
  });
});
