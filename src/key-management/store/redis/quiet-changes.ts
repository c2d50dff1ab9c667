import type { ReadChanges, StoreChange } from '../port/key-store';
import { unpackChanges } from '../server/packed-changes';
import { entryOf } from './change-reader';

/** Epoch, number and stream id of the last batch that nobody was told; and those after the one that was named, if it was asked for any. */
export type QuietAnswer = [
  epoch: string,
  number: string,
  last: string,
  entries?: readonly (readonly [id: string, fields: string[]])[],
];

/** What was written for nobody since the cursor; undefined where the stream does not reach back to it, or is of other data. */
export function readQuiet(
  [epoch, number, last, entries]: QuietAnswer,
  cursor: string | undefined,
  writer: string,
): ReadChanges | undefined {
  const newest = { changes: [], cursor: `${epoch} ${number} ${last}`, more: false };
  if (cursor === undefined) return newest;
  const [knownEpoch, knownNumber] = cursor.split(' ');
  if (knownEpoch !== epoch || Number(knownNumber) > Number(number)) return undefined;
  if (knownNumber === number) return newest;
  const changes: StoreChange[] = [];
  let [at, id] = [Number(knownNumber), ''];
  for (const [entryId, fields] of entries ?? []) {
    const { n, w, c } = entryOf(fields);
    const read = w === writer ? [] : unpackChanges(c ?? '');
    if (Number(n) !== at + 1 || !read) return undefined;
    [at, id] = [at + 1, entryId];
    for (const change of read) changes.push(change);
  }
  return id === '' ? undefined : { changes, cursor: `${epoch} ${at} ${id}`, more: at < Number(number) };
}
