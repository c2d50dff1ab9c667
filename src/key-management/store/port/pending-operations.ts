/** The operations under way at a store: each ends by itself, at its time limit, or when all are failed because the connection ended. */
export class PendingOperations {
  readonly #failures = new Map<Promise<unknown>, (error: unknown) => void>();

  /**
   * Starts `work` and settles as it does, within the limit. What the work does after that is ignored.
   * @param limitMs Milliseconds; without it only `failAll` ends the operation early.
   * @param timedOut Makes the error of an operation that took longer.
   */
  run<T>(work: () => Promise<T>, limitMs: number | undefined, timedOut: (limitMs: number) => Error): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let fail: (error: unknown) => void = () => undefined;
    const operation = new Promise<T>((resolve, reject) => {
      fail = reject;
      if (limitMs !== undefined) timer = setTimeout(() => reject(timedOut(limitMs)), limitMs);
      work().then(resolve, reject);
    });
    this.#failures.set(operation, fail);
    const forget = (): void => {
      clearTimeout(timer);
      this.#failures.delete(operation);
    };
    operation.then(forget, forget);
    return operation;
  }

  failAll(error: unknown): void {
    for (const fail of [...this.#failures.values()]) fail(error);
  }

  /** Resolves when no operation is under way any more, whether they succeeded or failed. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#failures.keys()]);
  }
}
