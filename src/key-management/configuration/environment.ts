import { builtInStore, STORE_KINDS, type KeyStoreKind } from '../store/built-in-stores';
import { BUILT_IN_VENDORS } from '../vendors';
import { givenKeysIn } from './key-list';
import type { KeyManagementOptions, KeyStoreOptions, ProviderOptions, WebhookOptions } from './key-management.options';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The specification's providers: they have a pool even where nothing names them. */
export const FIRST_PROVIDERS = ['openai', 'anthropic', 'google'] as const;

/** The vendors whose keys and settings have environment variables of their own. */
export const ENVIRONMENT_VENDORS: readonly string[] = [...BUILT_IN_VENDORS.keys()];

/** The variables that a vendor's keys are read from; the first that is set counts alone. */
export const keyVariables = (vendor: string): string[] => {
  const name = `${vendor.toUpperCase()}_API_KEY`;
  return [`${name}S`, name, ...(BUILT_IN_VENDORS.get(vendor)?.keyVariables ?? [])];
};

/** The variable with the path of a file, or a directory of files, that holds a vendor's keys. */
export const keyFileVariable = (vendor: string): string => `${keyVariables(vendor)[0]!}_FILE`;

/** Settings that are numbers and texts, and their variables. */
const NUMBERS = {
  maxRetries: 'MAX_RETRIES',
  healthCheckIntervalMinutes: 'HEALTH_CHECK_INTERVAL_MINUTES',
  drainTimeoutMs: 'DRAIN_TIMEOUT_MS',
  minimumUsableKeys: 'MINIMUM_USABLE_KEYS',
};
const TEXTS = {
  healthCheckDepth: 'HEALTH_CHECK_DEPTH',
  errorClassification: 'ERROR_CLASSIFICATION',
  adminToken: 'ADMIN_TOKEN',
  viewerToken: 'VIEWER_TOKEN',
};
const fields = (variables: Record<string, string>, read: (path: string, name: string) => unknown): object =>
  Object.fromEntries(Object.entries(variables).map(([path, name]) => [path, read(path, name)]));

/** Which variable a setting came from, so that an error can name it: `maxRetries` → `MAX_RETRIES`. */
export type VariableNames = Map<string, string>;

/**
 * What the environment says, in the shape of the options. Blank variables count as unset.
 * @param storeKind The store that the options name: it has its own variables.
 */
export function optionsFromEnvironment(
  env: Environment,
  storeKind?: KeyStoreKind,
): { options: KeyManagementOptions; names: VariableNames } {
  const names: VariableNames = new Map();
  const text = (path: string, name: string): string | undefined => {
    const value = env[name]?.trim();
    if (!value) return undefined;
    names.set(path, name);
    return value;
  };
  // What is no number stays text, so that the schema refuses it under its name.
  const number = (path: string, name: string): number | undefined => {
    const value = text(path, name);
    return value === undefined ? undefined : Number.isNaN(Number(value)) ? (value as unknown as number) : Number(value);
  };
  const providers: Record<string, ProviderOptions> = {};
  for (const vendor of ENVIRONMENT_VENDORS) {
    const upper = vendor.toUpperCase();
    const variable = keyVariables(vendor).find((name) => env[name]?.trim());
    const keys = variable === undefined ? undefined : text(`providers.${vendor}.keys`, variable);
    const source = text(`providers.${vendor}.source`, keyFileVariable(vendor));
    const baseUrl = text(`providers.${vendor}.baseUrl`, `${upper}_BASE_URL`);
    const probeModel = text(`providers.${vendor}.probeModel`, `${upper}_PROBE_MODEL`);
    const isSet = keys !== undefined || source !== undefined || baseUrl !== undefined || probeModel !== undefined;
    if (isSet)
      providers[vendor] = { keys: keys === undefined ? undefined : givenKeysIn(keys), source, baseUrl, probeModel };
  }
  const keep = number('failedCalls.keep', 'FAILED_CALLS_KEPT');
  if (keep !== undefined) names.set('failedCalls', 'FAILED_CALLS_KEPT');
  return {
    options: {
      providers,
      failedCalls: keep === 0 ? false : keep === undefined ? undefined : { keep },
      ...fields(NUMBERS, number),
      ...fields(TEXTS, text),
      webhook: webhookFromEnvironment(text),
      store: storeFromEnvironment(text, number, storeKind),
    },
    names,
  };
}

type Text = (path: string, name: string) => string | undefined;
type NumberOf = (path: string, name: string) => number | undefined;

/** Undefined where no variable is set. What is missing is refused by the schema, once the options are over it. */
function webhookFromEnvironment(text: Text): WebhookOptions | undefined {
  const url = text('webhook.url', 'KEY_WEBHOOK_URL');
  const secret = text('webhook.secret', 'KEY_WEBHOOK_SECRET');
  const named = text('webhook.events', 'KEY_WEBHOOK_EVENTS');
  if (url === undefined && secret === undefined && named === undefined) return undefined;
  const events = named
    ?.split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  return { url, secret, events } as WebhookOptions;
}

function storeFromEnvironment(text: Text, number: NumberOf, given: KeyStoreKind | undefined): KeyStoreOptions {
  const urlOf = (each: string): string | undefined => {
    const variable = builtInStore(each)?.url?.variable;
    return variable === undefined ? undefined : text('store.url', variable);
  };
  // Where several are set, that of the last store in the table counts: REDIS_URL before FIREBASE_URL.
  const set = STORE_KINDS.findLast((each) => urlOf(each) !== undefined);
  const kind = given ?? ((text('store.kind', 'KEY_STORE') ?? set ?? 'file') as KeyStoreKind);
  return {
    kind,
    path: text('store.path', 'KEY_STORE_PATH'),
    url: urlOf(kind),
    credentials: text('store.credentials', 'FIREBASE_CREDENTIALS_JSON'),
    namespace: text('store.namespace', 'KEY_STORE_NAMESPACE'),
    shards: kind === 'redis' ? number('store.shards', 'KEY_STORE_SHARDS') : undefined,
    encryptionSecret: text('store.encryptionSecret', 'KEY_ENCRYPTION_SECRET'),
  };
}
