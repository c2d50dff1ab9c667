import type { UsageEntry } from '../api/types';
import { costOf, counted } from './format';

/** What is known of the cost. What is not known is never shown as nothing: `unknown`, or `≥` before the part that is known. */
export const moneyOf = (usage: UsageEntry): string =>
  usage.cost_usd === null ? (usage.requests === 0 ? 'nothing used yet' : 'unknown') : costOf(usage);

/** What the sums are without; undefined where they are whole. */
export function unknownWords({
  requests_without_usage: silent,
  requests_without_cost: unpriced = 0,
}: UsageEntry): string | undefined {
  const parts = [
    silent > 0 &&
      `${counted(silent, 'answer')} ${silent === 1 ? 'states' : 'state'} nothing of what ${silent === 1 ? 'it' : 'they'} used`,
    unpriced > 0 && `of ${counted(unpriced, 'call')} the price is not known`,
  ].filter(Boolean);
  return parts.length === 0 ? undefined : `Not in these sums: ${parts.join('; ')}.`;
}
