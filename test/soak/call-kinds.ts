import type { Model } from './faults';
import type { Way } from './host-calls';

export interface CallKind {
  readonly name: string;
  /** How many of 100 calls are of this kind. */
  readonly share: number;
  readonly way: Way;
  readonly model: Model;
  /** Time limit that the app sets for the call, milliseconds. */
  readonly timeoutMs?: number;
  /** When the client leaves: after so many milliseconds, or after the first piece of the answer. */
  readonly leaves?: number | 'midway';
}

/** One in three calls meets a fault, a deadline or a client who leaves. */
const CALL_KINDS: readonly CallKind[] = [
  { name: 'plain', share: 30, way: 'execute', model: 'soak-plain' },
  { name: 'fallback', share: 8, way: 'first', model: 'soak-plain' },
  { name: 'managed', share: 18, way: 'managed', model: 'soak-plain' },
  { name: 'stream', share: 10, way: 'stream', model: 'soak-plain' },
  { name: 'deadline', share: 3, way: 'execute', model: 'soak-slow', timeoutMs: 30 },
  { name: 'managed deadline', share: 2, way: 'managed', model: 'soak-slow', timeoutMs: 30 },
  { name: 'hanging', share: 2, way: 'execute', model: 'soak-hanging', timeoutMs: 200 },
  { name: 'client leaves', share: 3, way: 'execute', model: 'soak-slow', leaves: 20 },
  { name: 'client leaves managed', share: 2, way: 'managed', model: 'soak-hanging', leaves: 50 },
  { name: 'stream left midway', share: 6, way: 'stream', model: 'soak-slow', leaves: 'midway' },
  { name: 'stalled stream left', share: 2, way: 'stream', model: 'soak-stalling', leaves: 150 },
  { name: 'cut stream', share: 2, way: 'stream', model: 'soak-cut' },
  { name: 'cut early', share: 2, way: 'stream', model: 'soak-cut-early' },
  { name: 'failing stream', share: 1, way: 'stream', model: 'soak-failing-stream' },
  { name: 'reset', share: 2, way: 'execute', model: 'soak-reset' },
  { name: 'broken', share: 2, way: 'managed', model: 'soak-broken' },
  { name: 'overloaded', share: 1, way: 'execute', model: 'soak-overloaded' },
  { name: 'malformed', share: 1, way: 'managed', model: 'soak-malformed' },
  { name: 'missing model', share: 1, way: 'execute', model: 'soak-missing' },
  { name: 'blocked', share: 2, way: 'execute', model: 'soak-blocked' },
];

/** The results that a call may have. Another one is a fault of the package or of the app. */
const WORDS = new Set([
  'ok',
  'malformed',
  'NO_HEALTHY_KEYS',
  'ATTEMPTS_EXHAUSTED',
  'CALL_REJECTED',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'AbortError',
  'TimeoutError',
  // The error of fetch for a connection that failed.
  'TypeError',
  'client left',
  'stream ended',
  'stream broke off',
]);
export const isExpected = (word: string): boolean => WORDS.has(word) || /^(status|stream)_[45]\d\d$/.test(word);

/** The kind of call for a random number in 0..1. */
export function kindAt(drawn: number): CallKind {
  let left = drawn * CALL_KINDS.reduce((sum, { share }) => sum + share, 0);
  for (const kind of CALL_KINDS) {
    left -= kind.share;
    if (left < 0) return kind;
  }
  return CALL_KINDS[0]!;
}
