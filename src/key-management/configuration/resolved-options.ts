import type {
  ErrorClassificationMode,
  KeyManagementOptions,
  KeyStoreOptions,
  ProviderOptions,
} from './key-management.options';
import type { Credential, VendorProfile, WireFormat } from '../vendors/contract/profile';
import type { GivenKey } from './given-key';
import type { SecretText } from '../common/secret-text';
import type { StoreSettings } from '../store/built-in-stores';

export interface ResolvedProvider {
  readonly keys: readonly GivenKey[];
  readonly baseUrl?: string;
  readonly allowHttp?: boolean;
  readonly probeModel?: string;
  readonly compatibleWith?: WireFormat;
  readonly vendor?: string | VendorProfile;
  readonly credential?: Credential;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly probe?: ProviderOptions['probe'];
  readonly discoverAccounts?: boolean;
  readonly spillAfterMs?: number;
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

/** The module's settings with environment and defaults filled in. Prints without a secret. */
export interface ResolvedOptions {
  readonly providers: ReadonlyMap<string, ResolvedProvider>;
  readonly maxRetries: number;
  readonly healthCheckIntervalMinutes: number;
  readonly healthCheckDepth: 'light' | 'deep';
  readonly errorClassification: ErrorClassificationMode;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly startupCheckTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly minimumUsableKeys: number;
  /** `NODE_ENV` is `production`. */
  readonly production: boolean;
  readonly store: ResolvedStore;
  readonly adminToken?: SecretText;
  readonly viewerToken?: SecretText;
  /** What the start warns of: settings that are allowed and probably not meant. */
  readonly notices: readonly string[];
}
