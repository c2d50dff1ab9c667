/** Which pools were closed that something is still known of, in the order of their closing: the latest are the likeliest to be opened again. */
export class ClosedPools {
  readonly #names = new Set<string>();

  /**
   * @param most So much may be known of all of them together.
   * @param sizeOf How much is known of one; 0 where nothing is.
   * @param isOpen Whether it was opened again.
   * @param forget Is to leave nothing of one.
   */
  constructor(
    private readonly most: number,
    private readonly sizeOf: (provider: string) => number,
    private readonly isOpen: (provider: string) => boolean,
    private readonly forget: (provider: string) => void,
  ) {}

  get count(): number {
    return this.#names.size;
  }

  /** The pool is closed: the oldest of all are forgotten as far as there is too much. */
  add(provider: string): void {
    this.#names.delete(provider);
    if (this.sizeOf(provider) === 0) return;
    for (const name of this.#names) if (this.isOpen(name)) this.#names.delete(name);
    this.#names.add(provider);
    let size = 0;
    for (const name of this.#names) size += this.sizeOf(name);
    for (const name of this.#names) {
      if (size <= this.most) return;
      size -= this.sizeOf(name);
      this.#names.delete(name);
      this.forget(name);
    }
  }
}
