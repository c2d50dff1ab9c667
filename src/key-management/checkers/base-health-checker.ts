import type { Classification } from '../classification/classification';
import type { VendorError } from '../classification/evidence/vendor-error';
import type { RateLimitProfile } from '../pool/limits/rate-limiter';
import type { VendorProfile } from '../vendors/contract/profile';
import { validateKeyFormat, type FormatVerdict } from './key-format';

export type { FormatVerdict };

export type ProbeDepth = 'light' | 'deep';

export interface ProbeContext {
  /** `light`: an unbilled endpoint. `deep`: the smallest billed generation, the only one that shows exhausted quota. */
  depth: ProbeDepth;
  /** Aborts when the probe's time is over. */
  signal: AbortSignal;
  /** The key's own base URL, which goes before the provider's; undefined where it has none. */
  baseUrl?: string;
  /** The key's own headers, by names in lower case, which go over the provider's; undefined where it has none. */
  headers?: Readonly<Record<string, string>>;
}

/** What a health check found out: `ok`, or the failure's classification. */
export interface HealthResult extends Classification {
  /** Nothing was asked of the vendor: the key may try itself out by traffic. */
  unproven?: boolean;
}

/** All that the module must know of one vendor: how to check a key, and how to read its errors. One class per vendor. */
export abstract class BaseHealthChecker {
  /** @internal A checker of this package gives way to one of the user's for the same vendor. */
  readonly builtIn: boolean = false;

  /** What is known of the vendor: the managed fetch goes by it. Default: the profile of the provider's name, else its wire format alone. */
  readonly vendor?: VendorProfile;

  /** How the vendor limits its keys, so that the pool can pace them before they are refused. Default: not known. */
  readonly pacing?: RateLimitProfile;

  /** Asks the vendor about one key. May throw what its HTTP client throws: that is read by `classifyError`. */
  abstract checkHealth(apiKey: string, context: ProbeContext): Promise<HealthResult>;

  /** Reads the evidence in a failure: of a live call, a probe, or an error inside a stream. */
  abstract classifyError(error: VendorError): Classification;

  /** Refuses what cannot be a key of this vendor. The default refuses blanks, control characters, URLs and placeholders. */
  validateFormat(apiKey: string): FormatVerdict {
    return validateKeyFormat(undefined, apiKey);
  }
}
