import type { ReadChanges, StoreChange } from '../port/key-store';

/** Batches that nobody was told are read so many at once. */
export const QUIET_BATCHES = 200;

/** How far the batches go that nobody was told: which data they are of, the number of the last one, and where the server keeps it. */
export interface QuietPosition {
  /** '' before the first write. */
  readonly epoch: string;
  readonly number: number;
  /** '' where the number is enough to find it. */
  readonly place: string;
}

/** A batch that nobody was told; its changes are undefined where they cannot be read. */
export interface QuietBatch extends Omit<QuietPosition, 'epoch'> {
  readonly changes: readonly StoreChange[] | undefined;
}

const cursorOf = ({ epoch, number, place }: QuietPosition): string => `${epoch} ${number} ${place}`;

export function positionOf(cursor: string): QuietPosition {
  const [epoch = '', number = '', place = ''] = cursor.split(' ');
  return { epoch, number: Number(number), place };
}

/**
 * What was written for nobody since the cursor; undefined where the batches do not reach back to it, or are of other data.
 * @param newest The last batch that there is.
 * @param batches Those after the cursor, the next first; none without a cursor.
 */
export function readQuiet(
  newest: QuietPosition,
  batches: Iterable<QuietBatch>,
  cursor: string | undefined,
): ReadChanges | undefined {
  const known = cursor === undefined ? newest : positionOf(cursor);
  const isBeforeAll = known.epoch === '' && known.number === 0;
  if ((known.epoch !== newest.epoch && !isBeforeAll) || known.number > newest.number) return undefined;
  if (known.number === newest.number) return { changes: [], cursor: cursorOf(newest), more: false };
  const changes: StoreChange[] = [];
  let at: QuietPosition = known;
  for (const batch of batches) {
    if (batch.number !== at.number + 1 || !batch.changes) return undefined;
    for (const change of batch.changes) changes.push(change);
    at = { epoch: newest.epoch, number: batch.number, place: batch.place };
  }
  return at === known ? undefined : { changes, cursor: cursorOf(at), more: at.number < newest.number };
}
