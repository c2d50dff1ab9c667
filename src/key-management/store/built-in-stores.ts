import type { Clock } from '../common/clock';
import type { Hidden, SecretText } from '../common/secret-text';
import { FileKeyStore } from './file/file-key-store';
import { FirebaseKeyStore } from './firebase/firebase-key-store';
import { firebaseUrlProblem } from './firebase/firebase-settings';
import { MemoryKeyStore } from './memory/memory-key-store';
import type { KeyStore } from './port/key-store';
import { RedisKeyStore } from './redis/redis-key-store';
import { redisUrlProblem } from './redis/redis-url';
import type { RedisClient, RedisSource, RedisStoreOptions } from './redis/source';

/** What a built-in store is created from: the module's settings with environment and defaults filled in. */
export interface StoreSettings {
  readonly namespace: string;
  /** Of the namespace, for `redis`. */
  readonly shards: number;
  readonly path: string;
  readonly redis?: Hidden<{ readonly client?: RedisClient; readonly options?: RedisStoreOptions }>;
  readonly url?: SecretText;
  readonly credentials?: SecretText;
  readonly emulatorHost?: string;
}

interface BuiltInStore {
  /** For a store that is reached by a URL. */
  readonly url?: {
    /** The environment variable of the URL. It chooses this store where `KEY_STORE` is not set. */
    readonly variable: string;
    /** What is wrong with a URL, for an error that names the setting; nothing of the URL is repeated. */
    problem(url: string): string | undefined;
  };
  /** The adapter. It loads its driver only when it is opened. */
  create(settings: StoreSettings, clock: Clock, report: (message: string) => void): KeyStore;
}

/** All stores of the package by their `kind`: option values, environment variables and creation follow from this table. */
const BUILT_IN_STORES = {
  file: { create: ({ path, namespace }, clock, report) => new FileKeyStore({ path, namespace, clock, report }) },
  firebase: {
    url: { variable: 'FIREBASE_URL', problem: (url) => firebaseUrlProblem(url) },
    create: ({ url, namespace, credentials, emulatorHost }, clock) =>
      new FirebaseKeyStore({
        url: url?.reveal() ?? '',
        namespace,
        clock,
        credentials: credentials?.reveal(),
        emulatorHost,
      }),
  },
  redis: {
    url: { variable: 'REDIS_URL', problem: (url) => redisUrlProblem(url) },
    create: (settings, clock, report) =>
      new RedisKeyStore({
        ...redisSource(settings),
        namespace: settings.namespace,
        shards: settings.shards,
        clock,
        report,
      }),
  },
  memory: { create: (_, clock) => new MemoryKeyStore({ clock }) },
} satisfies Record<string, BuiltInStore>;

export type KeyStoreKind = keyof typeof BUILT_IN_STORES;

export const STORE_KINDS = Object.keys(BUILT_IN_STORES) as KeyStoreKind[];

/** The row of {@link BUILT_IN_STORES}; undefined for what an app calls a store of its own. */
export const builtInStore = (kind: string): BuiltInStore | undefined =>
  STORE_KINDS.includes(kind as KeyStoreKind) ? BUILT_IN_STORES[kind as KeyStoreKind] : undefined;

function redisSource({ url, redis }: StoreSettings): RedisSource {
  const { client, options } = redis?.reveal() ?? {};
  if (client) return { client };
  return url === undefined ? { options: options ?? {} } : { url: url.reveal(), options };
}
