/** Runs work in the order it arrives: at once, or, while shut, when it opens again. */
export class Gate {
  #waiting: (() => void)[] | undefined;

  pass = (work: () => void): void => {
    if (this.#waiting === undefined) work();
    else this.#waiting.push(work);
  };

  shut(): void {
    this.#waiting ??= [];
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const work of waiting) work();
  }
}
