import type { KeyRecord } from './key/key-record';

/**
 * One page of a list of keys: the first keys in the order of their ids after the given id, so that pages stay right while keys come and go.
 * One pass by insertion, without a sorted list of all ids: 100,000 keys take a few milliseconds.
 * @param count The greatest number of keys of the page.
 * @param after The id of the last key of the page before; the empty text for the first page.
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
    first.splice(first.findLastIndex(({ id }) => id < record.id) + 1, 0, record);
    if (first.length > count) first.pop();
  }
  return first;
}
