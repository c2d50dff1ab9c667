import { PendingOperations } from '../port/pending-operations';

/** A command was not answered in time. */
export class NoAnswer extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
  }
}

/** The clients that serve a store, from connecting until one of them breaks or they are no longer wanted: then all end. */
export abstract class ServerConnection {
  readonly #operations = new PendingOperations();
  #endedBy: { readonly reason: unknown } | undefined;
  #ending: Promise<unknown> = Promise.resolve();

  /** @param timeoutMs Time limit of connecting, of each command, and of closing; milliseconds. */
  constructor(protected readonly timeoutMs: number) {}

  get isOver(): boolean {
    return this.#endedBy !== undefined;
  }

  /** Waits for the work within the limit, and no longer than the connection lasts; rejects with the reason for its end. */
  run<T>(work: () => Promise<T>, limitMs = this.timeoutMs): Promise<T> {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason for the end, which a client gave
    if (this.#endedBy) return Promise.reject(this.#endedBy.reason);
    return this.#operations.run(work, limitMs, (ms) => new NoAnswer(ms));
  }

  /** Ends all clients: a new connection finds the server that is right by then. */
  drop(reason: unknown): void {
    if (this.#endedBy) return;
    this.#endedBy = { reason };
    this.#ending = this.endClients();
    this.#operations.failAll(reason);
  }

  /** Resolves when all clients are closed, or after the time limit. */
  async ended(): Promise<void> {
    await this.#ending;
  }

  protected abstract endClients(): Promise<unknown>;
}
