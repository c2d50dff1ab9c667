import type { Phase } from '../../vendors/contract/rule';

/** How a vendor stated its "come back in …". */
export interface StatedWait {
  /** Milliseconds from the moment the answer was read. */
  ms: number;
  source: 'retry-after-ms' | 'x-ms-retry-after-ms' | 'retry-after' | 'retry-info' | 'message' | 'reset-header';
}

/** The evidence in a failure, whatever threw it: what the rules of a vendor are matched against. */
export interface VendorError {
  phase: Phase;
  /** The HTTP status; inside a stream the one its error event stands for. */
  status?: number;
  /** The status on the wire, where an answer came at all (200 for an error inside a stream). */
  httpStatus?: number;
  /** Response headers under lower-case names. */
  headers: Readonly<Record<string, string>>;
  codes: readonly string[];
  types: readonly string[];
  /** Google `ErrorInfo.reason`. */
  reasons: readonly string[];
  /** Google `error.status`. */
  vendorStatuses: readonly string[];
  /** Google `QuotaFailure.violations[].quotaId`. */
  quotaIds: readonly string[];
  /** Anthropic `error.details.error_code`. */
  detailCodes: readonly string[];
  /** Google's `details`: the texts in `ErrorInfo.metadata` and `QuotaFailure.violations`, by field; left out where there are none. */
  details?: Readonly<Record<string, string>>;
  /** The vendor's sentence, redacted and bounded. */
  message: string;
  /** The answer is of what stands before the vendor (a content delivery network, a front end, a firewall), which looked at no key. */
  edge?: boolean;
  bodyKind: 'json' | 'html' | 'text' | 'none';
  transport?: 'timeout' | 'network_error' | 'cancelled';
  /** For a probe: what was asked, as `GET /v1/models`. */
  endpoint?: string;
  /** Whether content had reached the caller before the failure. */
  contentEmitted: boolean;
  statedWait?: StatedWait;
  /** A date stated as the end of the refusal. It may lie in the past. */
  notBefore?: Date;
  /** The model that the vendor's sentence names as refused: the caller's own text, bounded and redacted. */
  namedModel?: string;
  /** Google: every "limit: N" of the message is 0. */
  allLimitsZero?: boolean;
}
