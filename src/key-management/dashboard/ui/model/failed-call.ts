import type { FailedCall } from '../api/types';

/** What failed calls usually end with; others are offered as they occur. */
const USUAL: readonly string[] = [
  'no_key',
  'rate_limited',
  'quota_exceeded',
  'invalid_key',
  'server_error',
  'overloaded',
  'network_error',
  'timeout',
  'bad_request',
];

/** Outcomes to choose from: the usual ones, and those of the calls that are there. */
export const failedOutcomes = (calls: readonly FailedCall[], chosen: string | undefined): string[] => [
  ...new Set([...USUAL, ...calls.map(({ outcome }) => outcome), ...(chosen === undefined ? [] : [chosen])]),
];

/** The vendor's status, and the code that the caller got. */
export const inShort = ({ status, code }: Pick<FailedCall, 'status' | 'code'>): string =>
  [status !== null && `HTTP ${status}`, code].filter(Boolean).join(', ');
