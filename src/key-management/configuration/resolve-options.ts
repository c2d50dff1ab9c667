import { redactText } from '../classification/redaction/redact';
import type { KeyManagementOptions, KeyStoreOptions, ProviderOptions } from './key-management.options';
import { profileOf } from '../vendors/vendor-of';
import { Hidden, secretOf } from '../common/secret-text';
import { FIRST_PROVIDERS, optionsFromEnvironment, type Environment, type VariableNames } from './environment';
import { noticesOf } from './notices';
import { isLoopback, withoutVersion } from './base-url';
import { givenKey, type GivenKey } from './given-key';
import { OPTIONS, PROVIDER_NAME } from './options-schema';
import type { ResolvedOptions, ResolvedProvider } from './resolved-options';
import { isOwnStore, resolveStore } from './store-options';
import { resolveWebhook } from './webhook-options';

/** Wrong settings stop the start. Names each setting, what is wrong and the mend; shows no value. */
export class KeyManagementConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The key management settings are wrong:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.name = 'KeyManagementConfigurationError';
  }
}

/** Keys were given under ids that stand for other keys. Names each. */
export class KeyIdConflictError extends KeyManagementConfigurationError {}

/**
 * Options over environment over defaults.
 * @throws KeyManagementConfigurationError
 */
export function resolveOptions(given: KeyManagementOptions = {}, env: Environment = process.env): ResolvedOptions {
  if (!isObject(given)) throw new KeyManagementConfigurationError(['options: must be an object.']);
  const { webhook: givenWebhook, ...others } = given;
  // A part of the webhook may come from the environment: it is checked with that.
  refuse([...nameProblems(given.providers), ...problemsIn(isObject(givenWebhook) ? others : given)]);
  const { options: environment, names } = optionsFromEnvironment(
    env,
    isOwnStore(given.store) ? 'memory' : given.store?.kind,
  );
  const providerNames = new Set([
    ...FIRST_PROVIDERS,
    ...Object.keys(environment.providers ?? {}),
    ...Object.keys(given.providers ?? {}),
  ]);
  const providers = new Map(
    Array.from(providerNames, (name) => [name, over(own(given.providers, name), own(environment.providers, name))]),
  );
  const store = over(
    isOwnStore(given.store) ? undefined : given.store,
    environment.store as KeyStoreOptions | undefined,
  );
  const webhook =
    givenWebhook === undefined && environment.webhook === undefined
      ? undefined
      : over(givenWebhook, environment.webhook);
  const merged: KeyManagementOptions = over(
    { ...given, providers: Object.fromEntries(providers), store, webhook },
    environment,
  );
  // What was given is in order, so what is wrong now came from the environment.
  refuse(problemsIn(merged, names));
  const problems: string[] = [];
  const resolved = {
    providers: new Map(
      Array.from(providers, ([name, each]) => [
        name,
        resolveProvider(each, keysFrom(own(given.providers, name), own(environment.providers, name))),
      ]),
    ),
    maxRetries: merged.maxRetries ?? 3,
    healthCheckIntervalMinutes: merged.healthCheckIntervalMinutes ?? 10,
    healthCheckDepth: merged.healthCheckDepth ?? (wouldBillTests(given, environment, env) ? 'light' : 'deep'),
    errorClassification: merged.errorClassification ?? 'evidence',
    backoff: { initialMs: merged.backoff?.initialMs ?? 500, maxMs: merged.backoff?.maxMs ?? 8_000 },
    startupCheckTimeoutMs: merged.startupCheckTimeoutMs ?? 10_000,
    drainTimeoutMs: merged.drainTimeoutMs ?? 10_000,
    minimumUsableKeys: merged.minimumUsableKeys ?? 1,
    failedCalls: merged.failedCalls ?? { keep: 300 },
    prices: { ...merged.prices },
    production: env.NODE_ENV === 'production',
    store: resolveStore(given.store, store, env, problems),
    ...(merged.webhook && { webhook: resolveWebhook(merged.webhook) }),
    adminToken: secretOf(merged.adminToken),
    viewerToken: secretOf(merged.viewerToken),
  } satisfies Omit<ResolvedOptions, 'notices'>;
  if (merged.adminToken !== undefined && merged.adminToken === merged.viewerToken) {
    problems.push(
      'adminToken and viewerToken (ADMIN_TOKEN, VIEWER_TOKEN) must differ: give the viewer a token of its own.',
    );
  }
  problems.push(...[...resolved.providers].flatMap(([name, each]) => addressProblem(name, each)));
  refuse(problems);
  return Object.freeze({ ...resolved, notices: noticesOf(given, env, resolved.providers) });
}

/** Some vendors have an address for each customer, so that their keys are of no use without it. */
function addressProblem(name: string, settings: ResolvedProvider): string[] {
  const { baseUrl, keys, compatibleWith } = settings;
  const profile = profileOf(name, settings);
  const example = compatibleWith === undefined && profile.baseUrl === undefined ? profile.baseUrlExample : undefined;
  const isAddressed = baseUrl !== undefined || keys.every(({ route }) => route?.baseUrl !== undefined);
  if (example === undefined || isAddressed) return [];
  return [`providers.${name}.baseUrl: is needed, since each customer has an address of its own, as ${example}.`];
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new KeyManagementConfigurationError(problems);
}

/** What is named like something that every object has (`constructor`) is not there unless someone put it there. */
const own = <T>(record: Record<string, T> | undefined, name: string): T | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;

/** The first beats the second, name by name. */
function over<T extends object>(first: T | undefined, second: T | undefined): T {
  const given = Object.entries(first ?? {}).filter(([, value]) => value !== undefined);
  return { ...second, ...Object.fromEntries(given) } as T;
}

/** `providers.openai.keys`: one variable holds all of them. */
const KEYS_DEPTH = 3;

function problemsIn(options: KeyManagementOptions, names?: VariableNames): string[] {
  const checked = OPTIONS.safeParse(options);
  return (checked.error?.issues ?? []).map(({ path, message }) => {
    const option = path.join('.') || 'options';
    const variable = names?.get(option) ?? names?.get(path.slice(0, KEYS_DEPTH).join('.'));
    return redactText(
      variable === undefined ? `${option}: ${message}.` : `${variable} (option ${option}): ${message}.`,
    );
  });
}

/** Looked at apart: the schema passes over `__proto__`, and a name that is wrong may be a key in the wrong place. */
function nameProblems(providers: object | undefined): string[] {
  return Object.keys(providers ?? {})
    .filter((name) => !PROVIDER_NAME.test(name))
    .map((name) => {
      const shown = redactText(name, [], 12);
      return `providers: the name "${shown}" must be 1 to 64 letters, digits, "_", "-" and ".", and begin with a letter or digit.`;
    });
}

const keysFrom = (
  options: ProviderOptions | undefined,
  environment: ProviderOptions | undefined,
): ResolvedProvider['keysFrom'] =>
  options?.keys === undefined && environment?.keys !== undefined ? 'environment' : 'options';

/** Trims, drops blanks, and takes the same key once: the first mention counts. */
function resolveProvider(
  { keys = [], source, baseUrl, ...settings }: ProviderOptions,
  keysFrom: ResolvedProvider['keysFrom'],
): ResolvedProvider {
  const distinct = new Map<unknown, GivenKey>();
  for (const each of keys) {
    const input = typeof each === 'string' ? { key: each } : each;
    const key = typeof input.key === 'string' ? input.key.trim() : input.key;
    // One function may get the tokens of several keys.
    const identity = typeof key === 'string' ? key : `id ${input.id}`;
    if (key === '' || distinct.has(identity)) continue;
    distinct.set(identity, givenKey({ ...input, key }));
  }
  return {
    ...settings,
    keysFrom,
    keys: [...distinct.values()],
    source: source === undefined ? undefined : new Hidden(source),
    baseUrl: baseUrl && withoutVersion(baseUrl),
  };
}

/**
 * Whether a test runner would have real keys checked by billed calls: those of a developer's own environment (`.env`), which no test
 * asked for. Keys that the options name are meant.
 */
function wouldBillTests(given: KeyManagementOptions, environment: KeyManagementOptions, env: Environment): boolean {
  if (env.NODE_ENV !== 'test' && env.JEST_WORKER_ID === undefined && env.VITEST === undefined) return false;
  return Object.entries(environment.providers ?? {}).some(([name, { keys = [], source, baseUrl }]) => {
    const options = own(given.providers, name);
    const url = options?.baseUrl ?? baseUrl;
    const isGiven = keys.length > 0 || source !== undefined;
    return isGiven && !options?.keys && (url === undefined || !isLoopback(url));
  });
}
