import type {
  KeyManagementModuleOptions,
  KeyManagementOptions,
  ProviderOptions,
} from '../configuration/key-management.options';
import { KeyManagementConfigurationError } from '../configuration/resolve-options';
import { keyIdOf } from '../pool/key/api-key';
import type { KeyInput } from '../pool/key/key-input';
import { ScriptBook } from './script-book';
import { fakeKey } from './simulator';

/** A key of a test, under its id. Its text is made up. */
export interface TestingKey extends Omit<KeyInput, 'key' | 'id'> {
  id: string;
}

/** A provider of an app under test: as in the real module, but its keys are made up. */
export interface TestingProvider extends Omit<ProviderOptions, 'keys' | 'source'> {
  /** How many (`key-1`, `key-2` …), or their ids, or their settings. Default 2. */
  keys?: number | readonly (string | TestingKey)[];
}

/** The options of the real module, but for keys and stores. Nothing is read from the environment. */
export interface KeyManagementTestingOptions extends Omit<KeyManagementModuleOptions, 'providers' | 'store'> {
  /** Default: `openai`, `anthropic` and `google` with two keys each. */
  providers?: Readonly<Record<string, TestingProvider>>;
}

const DEFAULT_PROVIDERS: Readonly<Record<string, TestingProvider>> = { openai: {}, anthropic: {}, google: {} };
/** Keys of one provider that a test may have. */
const MOST_KEYS = 1_000;

/** What an app under test runs with. */
export interface TestingSetup {
  readonly options: KeyManagementOptions;
  readonly extras: Pick<KeyManagementModuleOptions, 'isGlobal' | 'admin' | 'metrics'>;
  readonly book: ScriptBook;
}

/** Real options with keys that are made up, and an empty script. @throws KeyManagementConfigurationError for a number of keys that is none */
export function testingSetup({
  providers = DEFAULT_PROVIDERS,
  isGlobal = true,
  admin = false,
  metrics = true,
  ...settings
}: KeyManagementTestingOptions): TestingSetup {
  const real = Object.entries(providers).map(([name, provider], index) => {
    const vendor = typeof provider.vendor === 'string' ? provider.vendor : name;
    // Two providers of one vendor have different keys.
    const keys = inputsOf(name, provider.keys).map((input, n) => ({
      ...input,
      key: fakeKey(vendor, index * MOST_KEYS + n),
    }));
    return [name, { ...provider, keys }] as const;
  });
  const known = real.map(([name, { keys }]) => [name, new Map(keys.map(({ key, id }) => [keyIdOf(key), id]))] as const);
  return {
    options: {
      // A test does not wait for what takes seconds in an app.
      backoff: { initialMs: 1, maxMs: 2 },
      drainTimeoutMs: 100,
      ...settings,
      providers: Object.fromEntries(real),
      store: { kind: 'memory' },
    },
    extras: { isGlobal, admin, metrics },
    book: new ScriptBook(new Map(known)),
  };
}

function inputsOf(provider: string, keys: TestingProvider['keys'] = 2): TestingKey[] {
  if (typeof keys !== 'number') return keys.map((key) => (typeof key === 'string' ? { id: key } : key));
  if (!Number.isInteger(keys) || keys < 0 || keys > MOST_KEYS)
    throw new KeyManagementConfigurationError([
      `providers.${provider}.keys: must be a number from 0 to ${MOST_KEYS}, or a list of ids.`,
    ]);
  return Array.from({ length: keys }, (_, n) => ({ id: `key-${n + 1}` }));
}
