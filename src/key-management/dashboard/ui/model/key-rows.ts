import type { KeyEntry, KeyStatus } from '../api/types';
import { groupBy } from './group-by';
import { SEVERITY, type KeyGrouping } from './key-list';
import { standingOf, STATUSES } from './status';

/** One line of the table: a key, or the heading of the keys that follow. */
export type TableRow =
  | { readonly kind: 'key'; readonly key: KeyEntry }
  | { readonly kind: 'heading'; readonly name: string; readonly title: string; readonly keys: readonly KeyEntry[] };

const groupOf = (key: KeyEntry, grouping: Exclude<KeyGrouping, 'none'>): string =>
  grouping === 'status' ? key.status : key.quota_group === null ? '' : `${key.provider} ${key.quota_group}`;

function titleOf({ status, quota_group: account }: KeyEntry, grouping: Exclude<KeyGrouping, 'none'>): string {
  if (grouping === 'status') return STATUSES[status].label;
  return account === null ? 'No account known' : `Account ${account}`;
}

/** The keys in their order, under a heading for each status (gravest first) or account (largest first, those without one last). */
export function tableRows(keys: readonly KeyEntry[], grouping: KeyGrouping): TableRow[] {
  if (grouping === 'none') return keys.map((key) => ({ kind: 'key', key }));
  const groups = groupBy(keys, (key) => groupOf(key, grouping));
  const order =
    grouping === 'status'
      ? ([a]: [string, unknown], [b]: [string, unknown]) => placeOf(b) - placeOf(a)
      : ([a, some]: [string, KeyEntry[]], [b, others]: [string, KeyEntry[]]) =>
          Number(a === '') - Number(b === '') || others.length - some.length || (a < b ? -1 : 1);
  return [...groups]
    .sort(order)
    .flatMap(([name, each]): TableRow[] => [
      { kind: 'heading', name: `${grouping} ${name}`, title: titleOf(each[0]!, grouping), keys: each },
      ...each.map((key): TableRow => ({ kind: 'key', key })),
    ]);
}

const placeOf = (status: string): number => SEVERITY[status as KeyStatus];

/** `8 healthy, 3 cooling down, 1 removed`. */
export function standingWords(keys: readonly KeyEntry[]): string {
  const counts = { healthy: 0, cooling_down: 0, removed: 0, unknown: 0 };
  for (const { status } of keys) counts[standingOf(status)] += 1;
  const { healthy, cooling_down: cooling, removed, unknown } = counts;
  return [
    healthy > 0 && `${healthy} healthy`,
    cooling > 0 && `${cooling} cooling down`,
    removed > 0 && `${removed} removed`,
    unknown > 0 && `${unknown} unchecked`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** Where rows of two heights stand, one below the other. */
export interface RowLayout {
  readonly count: number;
  /** Of all together. */
  readonly height: number;
  /** Upper edge of a row; of the one after the last, the end. */
  topOf(index: number): number;
  /** The row at a height, or the last above it. */
  indexAt(y: number): number;
}

/** @param headings Which rows are headings; undefined where none is. */
export function rowLayout(
  count: number,
  rowHeight: number,
  headingHeight: number,
  headings?: readonly boolean[],
): RowLayout {
  if (headings === undefined) {
    const last = Math.max(0, count - 1);
    return {
      count,
      height: count * rowHeight,
      topOf: (index) => index * rowHeight,
      indexAt: (y) => Math.min(last, Math.max(0, Math.floor(y / rowHeight))),
    };
  }
  const tops = new Float64Array(count + 1);
  for (let index = 0; index < count; index += 1)
    tops[index + 1] = tops[index]! + (headings[index] ? headingHeight : rowHeight);
  return {
    count,
    height: tops[count]!,
    topOf: (index) => tops[Math.min(index, count)]!,
    indexAt: (y) => {
      let [low, high] = [0, Math.max(0, count - 1)];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (tops[middle]! <= y) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}
