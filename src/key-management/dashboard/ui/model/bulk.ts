import type { BulkKeyResult, KeyEntry } from '../api/types';
import { counted, words } from './format';
import { providerName } from './provider-names';
import { groupBy } from './group-by';
import { chunks } from './parse-keys';
import { standingOf, STATUSES, type Standing } from './status';

export type BulkAction = 'check' | 'enable' | 'disable' | 'delete';

interface ActWords {
  readonly verb: string;
  readonly doing: string;
  readonly done: string;
  /** What it means, where it is asked before it is done. */
  readonly meaning?: string;
}

export const BULK_ACTS: Readonly<Record<BulkAction, ActWords>> = {
  check: { verb: 'Re-check', doing: 'Checking', done: 'Checked' },
  enable: { verb: 'Enable', doing: 'Enabling', done: 'Enabled' },
  disable: {
    verb: 'Disable',
    doing: 'Disabling',
    done: 'Disabled',
    meaning: 'No call uses them until somebody enables them again. Calls that use them at this moment are not cut off.',
  },
  delete: {
    verb: 'Delete',
    doing: 'Deleting',
    done: 'Deleted',
    meaning:
      "They leave their pools for good. Calls that use them at this moment are not cut off, and the providers' figures keep their calls.",
  },
};

/** One request of an act on many keys. */
export interface BulkChunk {
  readonly provider: string;
  readonly keys: readonly KeyEntry[];
}

/** A check takes as long as its vendor; the others are done at once. */
const CHUNK = { check: 40, enable: 500, disable: 500, delete: 500 } as const;

/** The requests that an act takes: of one provider each, small enough that progress moves. */
export const bulkChunks = (keys: readonly KeyEntry[], action: BulkAction): BulkChunk[] =>
  [...groupBy(keys, ({ provider }) => provider)].flatMap(([provider, each]) =>
    chunks(each, CHUNK[action]).map((some) => ({ provider, keys: some })),
  );

/** What became of one key. */
export interface BulkOutcome {
  readonly provider: string;
  readonly id: string;
  readonly masked_key: string;
  readonly word: string;
  readonly standing: Standing;
  readonly detail: string | undefined;
}

/** @param result Undefined where the server did not say. */
export function outcomeOf(key: KeyEntry, action: BulkAction, result: BulkKeyResult | undefined): BulkOutcome {
  const of = (word: string, standing: Standing, detail?: string | null): BulkOutcome => {
    const { provider, id, masked_key } = key;
    return { provider, id, masked_key, word, standing, detail: detail ?? undefined };
  };
  if (result === undefined) return of('Not said', 'unknown');
  if (result.result === 'not_found') return of('Not there any more', 'unknown');
  if (result.result === 'unchanged') return of(`Was so already`, 'unknown');
  if (action === 'delete') return of('Deleted', 'removed');
  const standing = result.status === null ? 'unknown' : standingOf(result.status);
  const label = result.status === null ? 'gone' : STATUSES[result.status].label;
  const why = result.outcome === null || result.outcome === 'ok' ? null : (result.reason ?? words(result.outcome));
  return of(label, standing, why);
}

/** What needs a look stands first. */
const RANK: Readonly<Record<Standing, number>> = { removed: 0, cooling_down: 1, unknown: 2, healthy: 3 };

export const sortedOutcomes = (outcomes: readonly BulkOutcome[]): BulkOutcome[] =>
  [...outcomes].sort((a, b) => RANK[a.standing] - RANK[b.standing]);

/** `12 healthy, 3 invalid`: how many keys met what, most first. */
export function outcomeCounts(outcomes: readonly BulkOutcome[]): string {
  const counts = new Map<string, number>();
  for (const { word } of outcomes) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([, some], [, others]) => others - some)
    .map(([word, count]) => `${count} ${word.toLowerCase()}`)
    .join(', ');
}

/** `200 keys of OpenAI and 84 keys of Anthropic`. */
export function whoseKeys(keys: readonly KeyEntry[]): string {
  const each = [...groupBy(keys, ({ provider }) => provider)].map(
    ([provider, some]) => `${counted(some.length, 'key')} of ${providerName(provider)}`,
  );
  return each.length < 2 ? (each[0] ?? '') : `${each.slice(0, -1).join(', ')} and ${each.at(-1)}`;
}
