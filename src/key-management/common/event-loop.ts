/** Items of work between two turns of the event loop: that takes a few milliseconds, also where an item writes lines to the log. */
export const SLICE = 200;

/** Resolves after everything else that is ready to run has run. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Does the work for each item, chunk by chunk, so that many items do not block the event loop. A single chunk is done at once. */
export async function forEachInChunks<T>(items: Iterable<T>, work: (item: T) => void, size = SLICE): Promise<void> {
  let left = size;
  for (const item of items) {
    if (left === 0) {
      await yieldToEventLoop();
      left = size;
    }
    work(item);
    left -= 1;
  }
}

/**
 * Does the work for each item, `width` items at a time, and gives the results in the items' order. An item is taken only when its turn has come. Work that
 * ends without having waited for anything, such as a checker that asks nobody, does not block the event loop.
 */
export async function mapConcurrent<T, R>(
  items: Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const iterator = items[Symbol.iterator]();
  let taken = 0;
  let turn: Promise<unknown> | undefined;
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) {
      const place = taken;
      taken += 1;
      if (taken % SLICE === 0) turn = yieldToEventLoop().then(() => (turn = undefined));
      if (turn) await turn;
      results[place] = await work(next.value);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** Counts work of different sizes, and says when a turn of the event loop is due: after as much as `SLICE` items take. */
export class WorkSlice {
  #left = SLICE;

  /** @param items To so many items the next piece of work comes. */
  isOver(items: number): boolean {
    this.#left -= items;
    if (this.#left > 0) return false;
    this.#left = SLICE;
    return true;
  }
}
