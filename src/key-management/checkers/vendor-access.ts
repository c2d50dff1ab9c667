import type { FetchInput } from '../common/fetch-types';
import type { BaseHealthChecker } from './base-health-checker';

/** The key of an attempt. */
export interface UsedKey {
  readonly provider: string;
  readonly keyId: string;
  readonly apiKey: string;
}

/** Sends the request of an attempt, which carries the key already. */
export type VendorFetch = (input: FetchInput, init: RequestInit | undefined, key: UsedKey) => Promise<Response>;

/** What the package needs of a checker to probe a key. */
export type Prober = Pick<BaseHealthChecker, 'checkHealth' | 'classifyError'>;

/**
 * How calls and probes reach vendors, where not by the global `fetch` and the checkers themselves: an app under test has a script in their place.
 * Without it, nothing stands between a call and `fetch`.
 */
export interface VendorAccess {
  readonly fetch?: VendorFetch;
  readonly proberOf?: (provider: string, checker: BaseHealthChecker) => Prober;
}
