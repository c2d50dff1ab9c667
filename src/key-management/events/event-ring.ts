/** A ring buffer of the latest entries, numbered one after the other; it overwrites the oldest. */
export class EventRing<T extends { readonly id: number }> {
  #ring: T[] = [];
  #lastId = 0;

  constructor(private readonly capacity: number) {}

  /** 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  get size(): number {
    return this.#ring.length;
  }

  /** The oldest that is still there; one more than the last where there is none. */
  get firstId(): number {
    return this.#lastId - this.#ring.length + 1;
  }

  get(id: number): T | undefined {
    const entry = this.#ring[id % this.capacity];
    return entry?.id === id ? entry : undefined;
  }

  /** @param entry Numbered by `lastId + 1`. */
  append(entry: T): void {
    this.#lastId = entry.id;
    this.#ring[entry.id % this.capacity] = entry;
  }

  /** Begins anew with these, numbered in their order so that the last one is `lastId`. */
  fill(entries: readonly Omit<T, 'id'>[], lastId: number): void {
    this.#ring = [];
    const kept = entries.slice(-this.capacity);
    kept.forEach((entry, i) => this.append({ ...entry, id: lastId - kept.length + 1 + i } as T));
    this.#lastId = lastId;
  }
}
