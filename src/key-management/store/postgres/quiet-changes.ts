import type { ReadChanges, StoreChange } from '../port/key-store';
import type { Rows } from './connection';
import { unpackChanges } from './packing';

/** What `SINCE` is asked for: batches after this number; none without a cursor. */
export const numberOf = (cursor: string | undefined): string =>
  cursor?.split(' ')[1] ?? String(Number.MAX_SAFE_INTEGER);

/** What was written for nobody since the cursor; undefined where the rows do not reach back to it, or are of other data. */
export function readQuiet(rows: Rows, cursor: string | undefined, writer: string): ReadChanges | undefined {
  const [epoch, last] = [rows[0]?.[0] ?? '', Number(rows[0]?.[1] ?? 0)];
  if (cursor === undefined) return { changes: [], cursor: `${epoch} ${last}`, more: false };
  const [knownEpoch = '', known] = cursor.split(' ');
  let at = Number(known);
  // Before the first write there is no epoch.
  const isSame = knownEpoch === epoch || (knownEpoch === '' && at === 0);
  if (!isSame || at > last) return undefined;
  const changes: StoreChange[] = [];
  for (const [, , number, from, packed] of rows) {
    if (number === null || number === undefined) continue;
    const read = from === writer ? [] : unpackChanges(packed ?? '');
    if (Number(number) !== at + 1 || !read) return undefined;
    at += 1;
    for (const change of read) changes.push(change);
  }
  return at === Number(known) && at < last ? undefined : { changes, cursor: `${epoch} ${at}`, more: at < last };
}
