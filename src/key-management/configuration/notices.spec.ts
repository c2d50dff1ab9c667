import { inspect } from 'node:util';
import { keyText } from '../../../test/support/key-text';
import type { KeyManagementOptions } from './key-management.options';
import type { Environment } from './environment';
import { editDistance, nearestName } from '../common/near-miss';
import { resolveOptions } from './resolve-options';
import { openOptions, sealOptions } from './sealed-options';

const KEY = keyText(1);
const noticesFor = (options: KeyManagementOptions, env: Environment = {}) => resolveOptions(options, env).notices;
const keysOf = (env: Environment, vendor: string) =>
  resolveOptions({}, env)
    .providers.get(vendor)!
    .keys.map(({ key }) => key.reveal());

describe('the variables of keys', () => {
  it.each([
    ['OPENAI_API_KEY', 'openai'],
    ['ANTHROPIC_API_KEY', 'anthropic'],
    ['GOOGLE_API_KEY', 'google'],
    ['GEMINI_API_KEY', 'google'],
    ['GEMINI_API_KEYS', 'google'],
    ['GOOGLE_GENERATIVE_AI_API_KEY', 'google'],
  ])('E5: %s works as well', (name, vendor) => {
    expect(keysOf({ [name]: KEY }, vendor)).toEqual([KEY]);
    expect(noticesFor({}, { [name]: KEY })).toEqual([]);
  });

  it('E5: the plural counts alone where both are set', () => {
    expect(keysOf({ OPENAI_API_KEY: keyText(2), OPENAI_API_KEYS: KEY }, 'openai')).toEqual([KEY]);
    expect(keysOf({ OPENAI_API_KEY: KEY, OPENAI_API_KEYS: ' ' }, 'openai')).toEqual([KEY]);
  });

  it.each([
    ['OPENAI_APIKEYS_', 'OPENAI_API_KEYS'],
    ['OPEN_AI_API_KEY', 'OPENAI_API_KEYS'],
    ['OPNEAI_API_KEYS', 'OPENAI_API_KEYS'],
    ['OPENAI_KEYS', 'OPENAI_API_KEYS'],
    ['openai_api_keys', 'OPENAI_API_KEYS'],
    ['CLAUDE_API_KEY', 'ANTHROPIC_API_KEYS'],
    ['CLAUDE_KEY', 'ANTHROPIC_API_KEYS'],
    ['OPENAI_SECRET_KEY', 'OPENAI_API_KEYS'],
    ['GPT_API_KEY', 'OPENAI_API_KEYS'],
    ['GEMINI_APIKEY', 'GOOGLE_API_KEYS'],
    ['GOOGLE_GENAI_API_KEY', 'GOOGLE_API_KEYS'],
    ['GOOGLE_GEMINI_API_KEY', 'GOOGLE_API_KEYS'],
  ])('E5: %s is warned of as a near miss', (name, meant) => {
    expect(noticesFor({}, { [name]: KEY })).toEqual([
      `The variable ${name} is set and not read. Did you mean ${meant}?`,
    ]);
    const keys = { openai: { keys: [KEY] }, anthropic: { keys: [KEY] }, google: { keys: [KEY] } };
    expect(noticesFor({ providers: keys }, { [name]: KEY })).toEqual([]);
  });

  it.each([
    'STRIPE_API_KEY',
    'GOOGLE_MAPS_API_KEY',
    'AZURE_OPENAI_API_KEY',
    'SSH_KEY',
    'KEY_STORE',
    'KEY_ENCRYPTION_SECRET',
    'PATH',
  ])('E5: %s is nobody’s business', (name) => {
    expect(noticesFor({}, { [name]: name === 'KEY_STORE' ? 'memory' : KEY })).toEqual([]);
  });
});

describe('keys in the options', () => {
  it.each([undefined, null])('E5: %s among them is refused by its place', (each) => {
    expect(() => resolveOptions({ providers: { openai: { keys: [KEY, each as never] } } }, {})).toThrow(
      /providers\.openai\.keys\.1: is (undefined|null); give the key as text.*environment variable not set/,
    );
  });

  it('E5: blanks and lists in one text are warned of by their place, with no key shown', () => {
    const keys = [' ', KEY, { key: '' }, `${KEY},${keyText(2)}`];
    expect(noticesFor({ providers: { openai: { keys } } })).toEqual([
      'providers.openai.keys.0 is blank and left out. Is an environment variable not set?',
      'providers.openai.keys.2 is blank and left out. Is an environment variable not set?',
      'providers.openai.keys.3 looks like several keys in one text. Give each as an entry of the list.',
    ]);
  });
});

describe('the name that was probably meant', () => {
  const known = ['openai', 'anthropic', 'google', 'groq'];
  it.each([
    ['opneai', 'openai'],
    ['OpenAI', 'openai'],
    ['open-ai', 'openai'],
    ['antropic', 'anthropic'],
    ['gogle', 'google'],
    ['openai', undefined],
    ['acme', undefined],
    ['my-openai-eu', undefined],
  ])('E5: of %s is %s', (name, meant) => {
    expect(nearestName(name, known)).toBe(meant);
  });

  it('E5: counts letters as Damerau does', () => {
    expect([editDistance('', 'abc'), editDistance('ab', 'ba'), editDistance('kitten', 'sitting')]).toEqual([3, 1, 3]);
  });
});

describe('under a test runner', () => {
  const depth = (env: Environment, options: KeyManagementOptions = {}) => resolveOptions(options, env).healthCheckDepth;
  it.each([{ NODE_ENV: 'test' }, { JEST_WORKER_ID: '1' }, { VITEST: 'true' }])(
    'E9: %j: keys of a developer’s environment are not checked by billed calls',
    (runner) => {
      const keys = { OPENAI_API_KEYS: KEY };
      expect(depth({ ...runner, ...keys })).toBe('light');
      expect(depth({ ...runner, ...keys, HEALTH_CHECK_DEPTH: 'deep' })).toBe('deep');
      expect(depth({ ...runner, ...keys, OPENAI_BASE_URL: 'http://127.0.0.1:9' })).toBe('deep');
      expect(depth({ ...runner, ...keys }, { providers: { openai: { keys: [KEY] } } })).toBe('deep');
      expect(depth({ ...runner, GEMINI_API_KEY: KEY, ...keys }, { providers: { openai: { keys: [KEY] } } })).toBe(
        'light',
      );
      expect(depth(keys)).toBe('deep');
    },
  );
});

class Client {
  readonly password = 'pa55word';
}

describe('the options in the app’s container', () => {
  const options = {
    maxRetries: 2,
    healthCheckDepth: 'light',
    adminToken: 'adm-1234567890-abcdef',
    providers: { openai: { baseUrl: 'https://user:word@host', keys: [KEY, { key: keyText(2), label: 'sk-label' }] } },
    store: { kind: 'redis', url: 'redis://:pa55word@host', encryptionSecret: 'encrypt-9876543210' },
    addedLater: { headers: { authorization: 'Bearer x-later-secret' }, client: new Client(), ask: () => KEY },
  } as const;
  const SECRETS = [
    KEY,
    keyText(2),
    'adm-1234567890-abcdef',
    'word@host',
    'pa55word',
    'encrypt-9876543210',
    'later-secret',
    'sk-label',
  ];

  it('E13: show no secret to inspect, JSON or text, and keep their shape', () => {
    const sealed = sealOptions(options as unknown as KeyManagementOptions);
    for (const shown of [
      inspect(sealed, { depth: 12, showHidden: true }),
      inspect(sealed, { depth: 12, showHidden: true, customInspect: false }),
      JSON.stringify(sealed),
      JSON.stringify(structuredClone(JSON.parse(JSON.stringify(sealed)))),
    ])
      for (const secret of SECRETS) expect(shown).not.toContain(secret);
    expect(sealed).toMatchObject({ maxRetries: 2, healthCheckDepth: 'light', store: { kind: 'redis' } });
    expect(openOptions(sealed)).toBe(options);
  });

  it('E13: are taken as they are where nobody sealed them', () => {
    const plain = { maxRetries: 1 };
    expect(openOptions(plain)).toBe(plain);
    expect(openOptions(sealOptions(undefined))).toEqual({});
  });
});
