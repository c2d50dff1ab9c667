import type { KeyManagementOptions, KeyStoreOptions, ProviderOptions } from './key-management.options';
import type { GivenKey } from './given-key';
import type { Hidden, SecretText } from '../common/secret-text';
import type { KeySource } from './key-source';
import type { ResolvedWebhook } from './webhook-options';
import type { StoreSettings } from '../store/built-in-stores';

export interface ResolvedProvider extends Readonly<Omit<ProviderOptions, 'keys' | 'source'>> {
  readonly keys: readonly GivenKey[];
  /** Whoever made it may keep keys in it. */
  readonly source?: Hidden<KeySource | string>;
  /** Where `keys` were given. */
  readonly keysFrom: 'environment' | 'options';
}

/** A store of the app's own. */
export type OwnStore = Exclude<KeyManagementOptions['store'], KeyStoreOptions | undefined>;

/** Where key state is kept. Prints without a secret. */
export interface ResolvedStore extends StoreSettings {
  /** A `KeyStoreKind`, or what a store of the app's own calls itself. */
  readonly kind: string;
  readonly own?: OwnStore;
  /** The first encrypts, all decrypt. */
  readonly encryptionSecrets: readonly SecretText[];
}

/** Options that are neither secret nor made into something else. */
type PlainOptions = Required<
  Omit<KeyManagementOptions, 'providers' | 'backoff' | 'store' | 'webhook' | 'adminToken' | 'viewerToken'>
>;

/** The module's settings with environment and defaults filled in. Prints without a secret. */
export interface ResolvedOptions extends Readonly<PlainOptions> {
  /** Those of the options and the environment; pools that are opened at run time come and go. */
  readonly providers: Map<string, ResolvedProvider>;
  readonly backoff: Readonly<Required<NonNullable<KeyManagementOptions['backoff']>>>;
  /** `NODE_ENV` is `production`. */
  readonly production: boolean;
  readonly store: ResolvedStore;
  /** Undefined where events are sent nowhere. */
  readonly webhook?: ResolvedWebhook;
  readonly adminToken?: SecretText;
  readonly viewerToken?: SecretText;
  /** What the start warns of: settings that are allowed and probably not meant. */
  readonly notices: readonly string[];
}
