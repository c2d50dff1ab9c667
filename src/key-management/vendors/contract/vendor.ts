import type { Credential, DeepProbe, KeyFormat, LightProbe, RateLimits } from './profile';
import type { RateLimitReader } from './rate-limits';
import type { RuleBook } from './rule';

/** Where a key travels, and what of a request must go before another key is put in. */
export interface CredentialPlace {
  readonly place: Credential;
  /** Every header in which an SDK may have put a key, or the account that a key belongs to; lower case. */
  readonly removeHeaders: readonly string[];
  /** Query parameters that would carry a key; lower case. */
  readonly removeQuery: readonly string[];
}

/** A vendor with nothing left open: its profile, the settings of the provider it serves, and its wire format for the rest. */
export interface Vendor extends RuleBook {
  readonly name: string;
  readonly label: string;
  readonly baseUrl?: string;
  readonly credential: CredentialPlace;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly keyFormat: Required<KeyFormat>;
  readonly probes: { readonly light: readonly LightProbe[]; readonly deep: readonly DeepProbe[] };
  readonly limitKind: NonNullable<RateLimits['kind']>;
  readonly rateLimitScope: NonNullable<RateLimits['scope']>;
  readonly readRateLimits: RateLimitReader;
  readonly accountHeaders: readonly string[];
  readonly idempotencyHeader?: string;
  readonly uploadUrlHeader?: string;
}

/** A key as the header or the parameter carries it. */
export const credentialText = (place: Credential, apiKey: string): string =>
  'header' in place && place.scheme ? `${place.scheme} ${apiKey}` : apiKey;

export type { HeaderView, RateLimitReading } from './rate-limits';
