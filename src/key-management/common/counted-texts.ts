/** Different texts, each for as long as somebody needs it. */
export class CountedTexts implements Iterable<string> {
  readonly #counts = new Map<string, number>();

  add(text: string | undefined): void {
    if (text !== undefined) this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  /** Takes back one `add`. */
  remove(text: string | undefined): void {
    if (text === undefined) return;
    const left = (this.#counts.get(text) ?? 0) - 1;
    if (left > 0) this.#counts.set(text, left);
    else this.#counts.delete(text);
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.#counts.keys();
  }
}
