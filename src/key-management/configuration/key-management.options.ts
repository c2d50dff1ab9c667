import type { Credential, VendorProfile, WireFormat } from '../vendors/contract/profile';
import type { PriceOptions } from '../usage/price-book';
import type { ErrorClassificationMode } from '../classification/classify';
import type { CanActivate, InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { HeardKeyEvent } from '../pool/key-events';
import type { KeyInput } from '../pool/key/key-input';
import type { Budget } from '../pool/limits/budget';
import type { KeySource } from './key-source';
import type { KeyStore } from '../store/port/key-store';
import type { KeyStoreKind } from '../store/built-in-stores';
import type { RedisClient, RedisStoreOptions } from '../store/redis/source';

export type { ErrorClassificationMode, KeyStoreKind };

/** Where key state outlives the process. */
export interface KeyStoreOptions {
  /** `KEY_STORE`. Default: `redis` with `REDIS_URL`, `firebase` with `FIREBASE_URL`, otherwise `file`. */
  kind: KeyStoreKind;
  /** `KEY_STORE_PATH`, for `file`. Default `./data`. */
  path?: string;
  /** `FIREBASE_URL` or `REDIS_URL`; of a Redis Cluster, several nodes with commas between, or one. */
  url?: string;
  /** For `redis`, instead of a URL: an ioredis `Redis` or `Cluster`. Connections like its are made; itself it is neither used nor closed. */
  client?: RedisClient;
  /** For `redis`, beside or instead of a URL: options of ioredis, such as `sentinels` and `name`, `tls`, `username`, `natMap`. */
  options?: RedisStoreOptions;
  /** `KEY_STORE_NAMESPACE`: keeps apps apart that share a store. `a`-`z`, `0`-`9`, `_` and `-`. Default `default`. */
  namespace?: string;
  /**
   * `KEY_STORE_SHARDS`, for `redis`: the namespace is divided over so many hash tags, 1 to 64, so that as many masters of a Redis Cluster share its work.
   * The same for all instances. Where it is raised, what is kept is divided anew, once; it cannot be lowered. Default 1.
   */
  shards?: number;
  /** `FIREBASE_CREDENTIALS_JSON`: a path, or the JSON itself. */
  credentials?: string;
  /** `KEY_ENCRYPTION_SECRET`: keys added at run time are stored under it; without it they live in memory only. */
  encryptionSecret?: string;
}

export interface ProviderOptions {
  /** Instead of the provider's environment variable (`OPENAI_API_KEYS` …). */
  keys?: (string | KeyInput)[];
  /**
   * Where keys come from while the app runs, beside `keys` or instead of them: `keysFromEnvFile`, `keysFromDirectory`, `keysFromUrl`, or any object with
   * a `read`. A path is short for `keysFromFile` or `keysFromDirectory`, whichever it is. `OPENAI_API_KEYS_FILE` …: such a path.
   */
  source?: KeySource | string;
  /** A vendor of this package by name, or a profile of your own (`defineVendor`). Default: the one named as the provider. */
  vendor?: string | VendorProfile;
  /** `OPENAI_BASE_URL` …: without the version path, or ending in one. https, or http on loopback. */
  baseUrl?: string;
  /** Lets `baseUrl` be http on a host that is not loopback: for a vendor inside one's own network. Keys travel in the clear there. */
  allowHttp?: boolean;
  /** Where the key travels, if not as the vendor's profile says. */
  credential?: Credential;
  /** Sent with every probe and every request of the managed fetch. */
  headers?: Readonly<Record<string, string>>;
  /** Query parameters, sent the same way (`api-version` …). */
  query?: Readonly<Record<string, string>>;
  /** Paths of the health checks under the base URL; `{model}` stands for the probe's model. `false`: there is none. */
  probe?: { light?: string | false; deep?: string | false };
  /** `OPENAI_PROBE_MODEL` …: the model of the deep probe. */
  probeModel?: string;
  /** The wire format of a vendor without a profile. Default `openai`. */
  compatibleWith?: WireFormat;
  /**
   * What may be spent at the most: by all keys of the provider together, or with `scope` by each key or each account. Over all instances, and over
   * restarts. Once it is spent, the keys cool down until the period ends.
   */
  budgets?: Budget[];
  /** Whether keys whose answers name the same vendor account share its limits. Default true. `quotaGroup` on a key overrules it. */
  discoverAccounts?: boolean;
  /**
   * Milliseconds that a call waits for a key of a lower `tier` before it takes one of the next. Default 0: it waits for none. What cannot
   * wait so long (by `maxWaitMs` or `timeoutMs`), and a retry, takes the next tier at once.
   */
  spillAfterMs?: number;
  /**
   * Milliseconds that a call with an `affinity` waits for the account that it belongs to before it takes a key of another, and half of its `maxWaitMs`
   * or `timeoutMs` at the most. Default 2,000; 0: it waits for none.
   */
  affinityMaxWaitMs?: number;
  /**
   * How many accounts are asked in turn for a file, a batch, a stored response or another object of one account, where nobody knows which made it.
   * Each of them answers "not found", which costs nothing; after the last, its answer is the call's. Default 8; 1: no other account is asked.
   */
  maxAccountsAsked?: number;
  /**
   * The managed fetch asks chat streams in OpenAI's format for their usage (`stream_options.include_usage`) where their request does not say whether it
   * wants it, and takes the additional event out of the stream again. Default false: some vendors refuse the field.
   */
  includeUsage?: boolean;
}

/** Where events are sent to. */
export interface WebhookOptions {
  /** `KEY_WEBHOOK_URL`: https, or http on loopback. It may hold a token: it is shown nowhere. */
  url: string;
  /**
   * `KEY_WEBHOOK_SECRET`: signs each message (HMAC-SHA256). `whsec_` and base64, as the libraries of Standard Webhooks take it, or any text of at least 16
   * characters.
   */
  secret: string;
  /**
   * `KEY_WEBHOOK_EVENTS`, with commas between. Default: `key_removed`, `key_expiring`, `provider_failing`, `provider_recovered`, `usable_keys_low`,
   * `removals_doubted`, `budget_threshold` and `runs_out`.
   */
  events?: HeardKeyEvent[];
  /** Lets `url` be http on a host that is not loopback: for a receiver inside one's own network. */
  allowHttp?: boolean;
}

/** What the module can be told. Each setting beats its environment variable. */
export interface KeyManagementOptions {
  providers?: Record<string, ProviderOptions>;
  /** `MAX_RETRIES`. Default 3: attempts = 1 + maxRetries. */
  maxRetries?: number;
  /** `HEALTH_CHECK_INTERVAL_MINUTES`. Default 10. */
  healthCheckIntervalMinutes?: number;
  /**
   * `HEALTH_CHECK_DEPTH`. Default `deep`: the first check and each try to return from `quota_exceeded` make one tiny billed call.
   * A first check is made again at each start whose store does not know the key (`memory`, or an empty folder).
   */
  healthCheckDepth?: 'light' | 'deep';
  /** `ERROR_CLASSIFICATION`. Default `evidence`. */
  errorClassification?: ErrorClassificationMode;
  /** Milliseconds, full jitter. Default 500 and 8,000. */
  backoff?: { initialMs?: number; maxMs?: number };
  /** Milliseconds that the app's start waits for the first health checks. Default 10,000. */
  startupCheckTimeoutMs?: number;
  /** Milliseconds that the app's end waits for calls in flight. `DRAIN_TIMEOUT_MS`. Default 10,000. */
  drainTimeoutMs?: number;
  /** Usable keys that a provider needs for `GET /health` to be well. `MINIMUM_USABLE_KEYS`. Default 1. */
  minimumUsableKeys?: number;
  /**
   * `FAILED_CALLS_KEPT`: how many of the latest failed calls this instance remembers for `GET /admin/failed-calls`, without prompts and keys; false, or 0 in
   * the variable, for none. Default 300, at most 10,000; about half a kilobyte each.
   */
  failedCalls?: false | { keep: number };
  /** Where key state is kept; or a store of the app's own, any object with the methods of `KeyStore`. */
  store?: KeyStore | KeyStoreOptions;
  /** Sends events of keys and providers to one URL, signed and repeated until it takes them. Default: none. */
  webhook?: WebhookOptions;
  /**
   * What calls cost, by vendor or by vendor and model (`openai`, `openai/gpt-5`), in US dollars for a million tokens: over what the package
   * `@pydantic/genai-prices` knows, where that is installed. A list states prices by date (`from`, `until`), of which the time of each call picks one.
   * What has no price is counted in tokens, and its cost is not known.
   */
  prices?: Record<string, PriceOptions | PriceOptions[]>;
  /** `ADMIN_TOKEN`: at least 16 characters. */
  adminToken?: string;
  /** `VIEWER_TOKEN`: at least 16 characters. */
  viewerToken?: string;
}

/** What must be known while modules are scanned, and so cannot come from an async factory. */
export interface KeyManagementExtras {
  /** Default true: a key pool exists once per app. */
  isGlobal?: boolean;
  /** Default true: mount the HTTP API. An object mounts it with settings of its own. */
  admin?: boolean | AdminSettings;
  /** Default true: Prometheus metrics, at `GET /metrics` where `admin` is on. False counts nothing. */
  metrics?: boolean | MetricsSettings;
}

export interface MetricsSettings {
  /** Default false. True adds metrics of every single key, by its id: as many series as there are keys. */
  perKey?: boolean;
}

/** A route of the host app at the same place wins over one of the module, and the start's log says so. */
export interface AdminSettings {
  /** A prefix for all the module's routes: `internal/keys`. Default none. The app's global prefix comes before it. */
  path?: string;
  /** `GET /health`, `/health/live` and `/health/ready`. Default true; false mounts none of them, a path puts them there. */
  health?: boolean | string;
  /** `GET /metrics`. Default true; false mounts no route (the metrics are counted all the same), a path puts it there. */
  metrics?: boolean | string;
  /** The page `GET /dashboard`. Default true; false mounts no page, a path puts it there. */
  dashboard?: boolean | string;
  /**
   * The app's own authorisation, in place of the bearer tokens. Asked for every guarded request with the role that its route needs;
   * anything but `true` refuses it. `request` is the Express or Fastify request.
   */
  authorize?: (request: unknown, role: 'viewer' | 'admin') => boolean | Promise<boolean>;
  /**
   * Guards of the app's own that stand before every route which needs a role, as those that fill `request.user` for `authorize`. They
   * take the place of neither the tokens nor `authorize`. Their classes are made in this module, so what they inject must be global.
   */
  guards?: (Type<CanActivate> | CanActivate)[];
}

export type KeyManagementModuleOptions = KeyManagementOptions & KeyManagementExtras;

export interface KeyManagementOptionsFactory {
  createKeyManagementOptions(): KeyManagementOptions | Promise<KeyManagementOptions>;
}

export interface KeyManagementModuleAsyncOptions extends KeyManagementExtras, Pick<ModuleMetadata, 'imports'> {
  // `| undefined`, as Nest has it: under `exactOptionalPropertyTypes` the module's types would not fit those they extend.
  // Nest's own type: a factory takes whatever its `inject` names.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  useFactory?: ((...args: any[]) => KeyManagementOptions | Promise<KeyManagementOptions>) | undefined;
  useClass?: Type<KeyManagementOptionsFactory> | undefined;
  useExisting?: Type<KeyManagementOptionsFactory> | undefined;
  inject?: (InjectionToken | OptionalFactoryDependency)[] | undefined;
}
