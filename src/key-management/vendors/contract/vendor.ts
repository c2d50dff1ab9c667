import type { BoundIds } from './bound-ids';
import type {
  BalanceProbe,
  Credential,
  DeepProbe,
  ErrorBody,
  KeyFormat,
  LightProbe,
  RateLimits,
  WireFormat,
} from './profile';
import type { RateLimitReader } from './rate-limits';
import type { RuleBook } from './rule';
import type { UsageFields } from './usage';

/** Where a key travels, and what of a request must go before another key is put in. */
interface CredentialPlace {
  readonly place: Credential;
  /** Every header in which an SDK may have put a key, or the account that a key belongs to; lower case. */
  readonly removeHeaders: ReadonlySet<string>;
  /** Query parameters that would carry a key; lower case. */
  readonly removeQuery: readonly string[];
}

/** Types of events, as `StreamBeginning` has them. */
export interface StreamBeginnings {
  readonly preamble: ReadonlySet<unknown>;
  readonly begun: ReadonlySet<unknown>;
}

/** A vendor with nothing left open: its profile, the settings of the provider it serves, and its wire format for the rest. */
export interface Vendor extends RuleBook {
  readonly name: string;
  readonly label: string;
  readonly wireFormat: WireFormat;
  readonly baseUrl?: string;
  readonly credential: CredentialPlace;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly keyFormat: Required<KeyFormat>;
  readonly probes: { readonly light: readonly LightProbe[]; readonly deep: readonly DeepProbe[] };
  /** Undefined where it does not tell what is left. */
  readonly balance?: BalanceProbe | undefined;
  readonly limitKind: NonNullable<RateLimits['kind']>;
  readonly rateLimitScope: NonNullable<RateLimits['scope']>;
  readonly readRateLimits: RateLimitReader;
  /** The IANA time zone of the vendor's day. */
  readonly dayTimeZone: string;
  readonly tokenBooking: NonNullable<RateLimits['books']>;
  readonly booksCachedInput: boolean;
  readonly accountHeaders: readonly string[];
  readonly accountInText: readonly RegExp[];
  readonly accountInDetails: Readonly<Record<string, RegExp>>;
  readonly accountInHost?: RegExp;
  readonly telemetryName: string;
  /** Undefined where its answers state what they used as the wire formats have it. */
  readonly usage?: UsageFields | undefined;
  readonly pricesName?: string | undefined;
  readonly errorBody: ErrorBody;
  /** Of the profile and of all wire formats: vendors serve paths of several. */
  readonly modelPaths: readonly RegExp[];
  readonly streamBeginning: StreamBeginnings;
  readonly affinityFields: readonly string[];
  readonly affinityHeaders: readonly string[];
  readonly idempotencyHeader?: string;
  readonly uploadUrlHeader?: string;
  /** Undefined where the vendor has no objects that belong to an account. */
  readonly boundIds?: BoundIds | undefined;
}

/** A key as the header or the parameter carries it. */
export const credentialText = (place: Credential, apiKey: string): string =>
  'header' in place && place.scheme ? `${place.scheme} ${apiKey}` : apiKey;
