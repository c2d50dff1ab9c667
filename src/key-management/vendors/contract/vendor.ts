import type { RuleBook } from './rule';

/** The least of `Headers` that reading rate limits needs. */
export interface HeaderView {
  get(name: string): string | null;
}

/** What an answer says is left of one limit. */
export interface RateLimitReading {
  readonly dimension: 'requests' | 'tokens' | 'input_tokens' | 'output_tokens';
  readonly limit?: number;
  readonly remaining?: number;
  /** Milliseconds from now. Token bucket: until the bucket is full again, not until the next slot. */
  readonly resetMs?: number;
  /** The window of the limit where it is no minute (Groq counts requests per day). */
  readonly window?: 'day';
}

/** Reads rate-limit headers; runs on every answer, so it gives one shared empty list where there are none. `now` in milliseconds. */
export type RateLimitReader = (headers: HeaderView, now: number) => readonly RateLimitReading[];

/** How a key travels, and what of a request must go before another key is put in. */
export interface CredentialPlace {
  /** Lower case. */
  readonly header: string;
  readonly format: (apiKey: string) => string;
  /** Every header in which an SDK of this vendor may have put a key, or the account that a key belongs to; lower case. */
  readonly removeHeaders: readonly string[];
  /** Query parameters that would carry a key. */
  readonly removeQuery: readonly string[];
}

export interface KeyFormat {
  /** As people write it: `OpenAI`. */
  readonly label: string;
  /** What keys of this vendor begin with; another beginning is a warning, never a refusal. Empty: nothing is known. */
  readonly prefixes: readonly string[];
  /** Keys of the vendor that are of another kind and cannot be used here. */
  readonly wrongKinds: readonly { readonly prefix: string; readonly mend: string }[];
}

/** One request of a health check, relative to the base URL. The credential header is not in it. */
export interface ProbeRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the evidence: `GET /v1/models`. */
  readonly endpoint: string;
}

interface Probes {
  /** Unbilled. Proves that the key is authentic, not that it has quota. */
  readonly light: ProbeRequest;
  /** The smallest billed generation. */
  readonly deep: {
    /** Undefined: no model is known, and only a configured one can be probed. */
    readonly defaultModel?: string;
    readonly request: (model: string) => ProbeRequest;
  };
}

/** All that is known of a vendor, as plain data and pure functions. */
export interface VendorKnowledge extends RuleBook {
  readonly name: string;
  /** Without the version path. */
  readonly defaultBaseUrl?: string;
  readonly credential: CredentialPlace;
  /** In which header the vendor takes a key that is the same for all attempts of one request, so that it does the work once. */
  readonly idempotencyHeader?: string;
  /** In which header of an answer the vendor says where the parts of an upload go, which only the key that began it may send. */
  readonly uploadUrlHeader?: string;
  /** How the vendor counts: a bucket that refills steadily, or a window that starts afresh. */
  readonly limitKind: 'token_bucket' | 'fixed_window';
  /** Whether the vendor's rate limits hold per model or for all models of a key together. */
  readonly rateLimitScope: 'key_model' | 'key';
  readonly readRateLimits: RateLimitReader;
  readonly keyFormat: KeyFormat;
  readonly probes: Probes;
}

export const NO_READINGS: readonly RateLimitReading[] = Object.freeze([]);
