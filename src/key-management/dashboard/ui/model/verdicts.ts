import type { KeyVerdict } from '../api/types';
import type { BulkOutcome } from './bulk';
import { words } from './format';
import { standingOf, STATUSES, type Standing } from './status';

export interface VerdictText {
  word: string;
  standing: Standing;
  detail: string | undefined;
}

/** What became of one key, for its line in the list. */
export function describeVerdict({ verdict, status, outcome, reason }: KeyVerdict): VerdictText {
  const why = reason ?? (outcome === 'ok' ? undefined : words(outcome));
  if (verdict === 'refused' || status === null) return { word: 'Refused', standing: 'removed', detail: why };
  const label = STATUSES[status].label.toLowerCase();
  if (verdict === 'present') return { word: 'Was there already', standing: 'unknown', detail: label };
  const standing = standingOf(status);
  const did = verdict === 'replaced' ? 'Replaced' : 'Added';
  return { word: `${did}, ${standing === 'healthy' ? 'healthy' : label}`, standing, detail: why };
}

export interface VerdictCounts {
  added: number;
  present: number;
  replaced: number;
  refused: number;
}

export function countVerdicts(verdicts: readonly KeyVerdict[]): VerdictCounts {
  const counts: VerdictCounts = { added: 0, present: 0, replaced: 0, refused: 0 };
  for (const { verdict } of verdicts) counts[verdict] += 1;
  return counts;
}

/** What needs a look stands first. */
function rankOf({ verdict, status }: KeyVerdict): number {
  if (verdict === 'refused') return 0;
  if (verdict === 'present') return 2;
  return status === 'healthy' ? 3 : 1;
}

/** A line for each key. @param provider That they were added to. */
export const verdictOutcomes = (provider: string, verdicts: readonly KeyVerdict[]): BulkOutcome[] =>
  [...verdicts]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map((verdict) => ({
      provider,
      id: verdict.id ?? '',
      masked_key: verdict.masked_key,
      ...describeVerdict(verdict),
    }));
