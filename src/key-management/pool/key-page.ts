import type { KeyRecord } from './key/key-record';

/**
 * The first keys in the order of their ids, after the one given: what a page of a list holds, so that pages stay right while keys come and go.
 * One pass, with no list of all ids to sort: 100,000 keys cost a few milliseconds.
 */
export function firstById(
  records: Iterable<KeyRecord>,
  count: number,
  after = '',
  isWanted: (record: KeyRecord) => boolean = () => true,
): KeyRecord[] {
  const first: KeyRecord[] = [];
  for (const record of records) {
    if (record.id <= after || (first.length === count && record.id > first.at(-1)!.id) || !isWanted(record)) continue;
    first.splice(placeOf(record.id, first), 0, record);
    if (first.length > count) first.pop();
  }
  return first;
}

/** By bisection. */
function placeOf(id: string, sorted: readonly KeyRecord[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
