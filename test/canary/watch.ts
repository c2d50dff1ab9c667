import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { canary } from './canary';
import { causesOf } from './shown';
import { after, constructed, secretive, tellSecretOf, watch } from './watching';

// Runs before each test file, and loads nothing of the package: a class or function is watched from the moment a test file loads it.

const HOUSE = '../../src/key-management';
const SERVICES = [
  'KeyManagerService',
  'KeyPoolService',
  'HealthCheckerRegistry',
  'RetryExecutorService',
  'ManagedFetchService',
  'KeyMetricsService',
  'KeyPoolHealthIndicator',
  'KeyStoreHealthIndicator',
  'RESOLVED_OPTIONS',
];
const MOST_BYTES_OF_A_FOLDER = 4_000_000;
/** How many apps per test file are searched when they close. */
const MOST_APPS = 3;
const SERVICE_DEPTH = 4;

const show = (channel: string) => (value: unknown) => canary()?.object(channel, value);

/** An error of the package without its cause, which is the error of the vendor's SDK and belongs to the caller. */
function showFailure(error: unknown): void {
  const [first] = causesOf(error);
  if (first !== undefined) canary()?.object('errors', first);
}

/** A result without the response, which belongs to the caller. */
function showResult(result: unknown): void {
  if (result instanceof Error) return showFailure(result);
  if (typeof result !== 'object' || result === null || !('success' in result)) return;
  const { response: _, ...report } = result as { response?: unknown; error?: unknown };
  canary()?.object('results', report);
  showFailure(report.error);
}

watch<typeof import('../../src/key-management/pool/key/api-key')>(`${HOUSE}/pool/key/api-key`, ({ ApiKey }) => ({
  ApiKey: constructed(secretive(ApiKey), (_, key) => show('keys')(key)),
}));
watch<typeof import('../../src/key-management/common/secret-text')>(
  `${HOUSE}/common/secret-text`,
  ({ SecretText }) => ({
    SecretText: secretive(SecretText),
  }),
);
watch<typeof import('../../src/key-management/execution/attempt-context')>(
  `${HOUSE}/execution/attempt-context`,
  ({ leaseFor, leaseUntriedFirst }) => {
    const face = { leaseFor, leaseUntriedFirst };
    after(face, ['leaseFor', 'leaseUntriedFirst'], show('contexts and leases'));
    return face;
  },
);
watch<typeof import('../../src/key-management/execution/retry-executor.service')>(
  `${HOUSE}/execution/retry-executor.service`,
  ({ RetryExecutorService }) =>
    after(RetryExecutorService.prototype, ['execute', 'executeFirst', 'executeOrThrow'], showResult),
);
watch<typeof import('../../src/key-management/key-manager.service')>(
  `${HOUSE}/key-manager.service`,
  ({ KeyManagerService }) =>
    after(
      KeyManagerService.prototype,
      ['initializeKeys', 'addNewKeys', 'getComprehensiveStatus', 'getProviderAnalytics', 'forceHealthCheck'],
      show('status and analytics'),
    ),
);
watch<typeof import('../../src/key-management/pool/key-pool.service')>(
  `${HOUSE}/pool/key-pool.service`,
  ({ KeyPoolService }) => {
    after(KeyPoolService.prototype, ['keyChanged'], (_, [, event]) => show('events')(event));
    after(KeyPoolService.prototype, ['get', 'list'], show('snapshots'));
    after(KeyPoolService.prototype, ['lease'], show('contexts and leases'));
    return after(KeyPoolService.prototype, ['enable', 'disable', 'remove', 'update'], showFailure);
  },
);
watch<typeof import('../../src/key-management/metrics/key-metrics.service')>(
  `${HOUSE}/metrics/key-metrics.service`,
  ({ KeyMetricsService }) =>
    after(KeyMetricsService.prototype, ['text'], (text) => canary()?.output('metrics', `${String(text)}\n`)),
);
watch<typeof import('../../src/key-management/configuration/resolve-options')>(
  `${HOUSE}/configuration/resolve-options`,
  ({ resolveOptions }) => {
    const face = { resolveOptions };
    after(face, ['resolveOptions'], show('options'));
    return face;
  },
);

const written = (_: unknown, changes: readonly unknown[]): void =>
  canary()?.output('changes for stores', `${JSON.stringify(changes)}\n`);
watch<typeof import('../../src/key-management/store/memory/memory-key-store')>(
  `${HOUSE}/store/memory/memory-key-store`,
  ({ MemoryKeyStore }) => after(MemoryKeyStore.prototype, ['write'], written),
);
watch<typeof import('../../src/key-management/store/redis/redis-key-store')>(
  `${HOUSE}/store/redis/redis-key-store`,
  ({ RedisKeyStore }) => {
    after(RedisKeyStore.prototype, ['write'], written);
    return {
      RedisKeyStore: constructed(RedisKeyStore, ([options]) => tellSecretOf(Reflect.get(options as object, 'url'))),
    };
  },
);
watch<typeof import('../../src/key-management/store/firebase/firebase-key-store')>(
  `${HOUSE}/store/firebase/firebase-key-store`,
  ({ FirebaseKeyStore }) => {
    after(FirebaseKeyStore.prototype, ['write'], written);
    const tell = ([options]: readonly unknown[]): void => tellSecretOf(Reflect.get(options as object, 'credentials'));
    return { FirebaseKeyStore: constructed(FirebaseKeyStore, tell) };
  },
);
watch<typeof import('../../src/key-management/store/file/file-key-store')>(
  `${HOUSE}/store/file/file-key-store`,
  ({ FileKeyStore }) => {
    const folders = new WeakMap<object, string>();
    after(FileKeyStore.prototype, ['write'], written);
    after(FileKeyStore.prototype, ['close'], (_result, _args, store) => lookInto(folders.get(store)));
    return {
      FileKeyStore: constructed(FileKeyStore, ([options], store) =>
        folders.set(store, (options as { path: string }).path),
      ),
    };
  },
);
watch<typeof import('../firebase-server/database')>('../firebase-server/database', ({ Database }) =>
  after(Database.prototype, ['put', 'merge'], (_, args) =>
    canary()?.output('the Firebase database', `${JSON.stringify(args)}\n`),
  ),
);

watch<typeof import('@nestjs/common')>('@nestjs/common', ({ Logger }) =>
  after(Logger.prototype, ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'], (_, said) => show('logs')(said)),
);
watch<typeof import('@nestjs/core')>('@nestjs/core', ({ NestApplicationContext }) => {
  const { prototype } = NestApplicationContext;
  const { close } = prototype;
  prototype.close = function (signal) {
    showServices(this as never);
    return close.call(this, signal);
  };
  return undefined;
});

let apps = 0;

/** Searches all services that an app can get from the package, when the app closes. */
function showServices(app: { get(token: unknown, options: object): unknown }): void {
  if ((apps += 1) > MOST_APPS) return;
  const surface = jest.requireActual<Record<string, unknown>>(HOUSE);
  for (const name of SERVICES) {
    let service: unknown;
    try {
      service = app.get(surface[name], { strict: false });
    } catch {
      continue; // Not every app has the module, or all of it.
    }
    const shown = inspect(service, { depth: SERVICE_DEPTH, showHidden: true, maxArrayLength: 50 });
    canary()?.output('services', `${shown}\n`);
  }
}

/** Searches the files of a store. */
function lookInto(folder: string | undefined): void {
  let left = MOST_BYTES_OF_A_FOLDER;
  try {
    for (const entry of readdirSync(folder!, { withFileTypes: true })) {
      if (!entry.isFile() || left < 0) continue;
      const bytes = readFileSync(join(folder!, entry.name));
      left -= bytes.length;
      canary()?.output('files of stores', bytes);
    }
  } catch {
    // A folder that could not be used, or is gone.
  }
}
