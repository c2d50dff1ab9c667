import type { KeyManagementError } from '../errors';
import type { CallEnd } from '../pool/call-batches';
import type { ExecutionReport } from './execution.types';

/** What a call that failed ended with, for those who count: the outcome of its last attempt, unless no key or no caller was left. */
export function callEnd(report: ExecutionReport & { error?: KeyManagementError }): CallEnd {
  const last = report.attempts.at(-1)?.outcome;
  switch (report.error?.code) {
    case 'NO_HEALTHY_KEYS':
      return 'no_key';
    case 'CANCELLED':
      return 'cancelled';
    case 'CALL_REJECTED':
      // Without any attempt it is the caller's options that were refused.
      return last ?? 'bad_request';
    case 'DEADLINE_EXCEEDED':
      return last ?? 'no_key';
    default:
      // An answer that broke after it had begun well.
      return last === undefined || last === 'ok' ? 'unknown' : last;
  }
}
