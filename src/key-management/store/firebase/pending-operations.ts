/** The operations under way: each ends by itself, by its time limit, or when all are failed at once. */
export class PendingOperations {
  readonly #failures = new Map<Promise<unknown>, (error: Error) => void>();

  /**
   * Starts `work` and answers within `ms`.
   * @param timedOut Makes the error of an operation that took longer.
   */
  run<T>(work: () => Promise<T>, ms: number, timedOut: () => Error): Promise<T> {
    let fail: (error: Error) => void = () => undefined;
    const operation = new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(timedOut()), ms);
      fail = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      work().then((value) => {
        clearTimeout(timer);
        resolve(value);
      }, fail);
    });
    this.#failures.set(operation, fail);
    const forget = (): void => void this.#failures.delete(operation);
    operation.then(forget, forget);
    return operation;
  }

  failAll(error: Error): void {
    for (const fail of [...this.#failures.values()]) fail(error);
  }

  /** Resolves when none is under way any more, whatever came of them. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#failures.keys()]);
  }
}
