import { forEachInChunks } from '../../common/event-loop';
import { isRemovedStatus, type KeyStatus } from './key-state';

/** How many keys have each status; a status that no key has is missing. */
export type StatusCounts = Partial<Record<KeyStatus, number>>;

/** The part of a pool that is counted. */
interface Counted {
  wake(): void;
  records(): Iterable<{ readonly status: KeyStatus }>;
}

/** Keys counted between two turns of the event loop. */
const KEYS_AT_ONCE = 5_000;

export function countStatus(counts: StatusCounts, status: KeyStatus): void {
  counts[status] = (counts[status] ?? 0) + 1;
}

/** Counts the keys of the pools by status; a key whose cooldown is over counts as healthy. */
export function countStatuses(...pools: readonly Counted[]): StatusCounts {
  const counts: StatusCounts = {};
  for (const pool of pools) {
    pool.wake();
    for (const { status } of pool.records()) countStatus(counts, status);
  }
  return counts;
}

/** The same with turns of the event loop between, so that a hundred thousand keys hold up no call. */
export async function countStatusesInTurns(pool: Counted): Promise<StatusCounts> {
  const counts: StatusCounts = {};
  pool.wake();
  await forEachInChunks(pool.records(), ({ status }) => countStatus(counts, status), KEYS_AT_ONCE);
  return counts;
}

/** All keys that were counted. */
export const totalOf = (counts: StatusCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Those of them that are out of the pool: `removed_keys` of the status document. */
export const removedOf = (counts: StatusCounts): number =>
  Object.entries(counts).reduce((sum, [status, count]) => sum + (isRemovedStatus(status as KeyStatus) ? count : 0), 0);

/** As text for a log: `3 healthy, 1 invalid_key`. */
export const countsText = (counts: StatusCounts): string[] =>
  Object.entries(counts).map(([status, count]) => `${count} ${status}`);
