/** An item of a {@link TimeHeap}. It knows its own place in the heap, so that it can be moved and removed in O(log n). */
export interface Timed {
  /** Milliseconds since the epoch. */
  until: number;
  /** Place in the heap, −1 outside of it. */
  heapIndex: number;
}

/** A binary heap by time, the earliest first. */
export class TimeHeap<T extends Timed> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** Adds the item, or moves it to where its `until` now belongs. */
  put(item: T): void {
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length;
      this.#items.push(item);
    }
    this.#sink(this.#rise(item.heapIndex));
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#set(index, last);
    this.#sink(this.#rise(index));
  }

  #set(index: number, item: T): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }

  #rise(start: number): number {
    let index = start;
    const item = this.#items[index]!;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent]!;
      if (above.until <= item.until) break;
      this.#set(index, above);
      index = parent;
    }
    this.#set(index, item);
    return index;
  }

  #sink(start: number): void {
    let index = start;
    const item = this.#items[index]!;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) break;
      const right = this.#items[child + 1];
      if (right !== undefined && right.until < this.#items[child]!.until) child += 1;
      const below = this.#items[child]!;
      if (item.until <= below.until) break;
      this.#set(index, below);
      index = child;
    }
    this.#set(index, item);
  }
}
