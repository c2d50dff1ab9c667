import type { AttemptReport } from '../errors';

/** Masked, in the order they were tried, each once. */
export function keysTriedIn(attempts: readonly AttemptReport[]): string[] {
  if (attempts.length === 1) return [attempts[0]!.maskedKey];
  return [...new Map(attempts.map(({ keyId, maskedKey }) => [keyId, maskedKey])).values()];
}
