import type { Clock } from '../../common/clock';
import { StoreError } from '../port/store-error';

interface Waiter {
  readonly doc: string;
  readonly done: (error?: Error) => void;
}

/** `saved` gives up after this long; milliseconds. */
const TIMEOUT_MS = 5_000;

/** Those who wait for a document's changes to be in the store. */
export class SavedWaiters {
  readonly #waiters = new Set<Waiter>();

  constructor(
    private readonly kind: string,
    private readonly clock: Clock,
  ) {}

  /** @throws StoreError `unavailable` after 5 s: the change holds here, and is written later. */
  wait(doc: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.clock.after(TIMEOUT_MS, () => {
        const message = `The ${this.kind} store is away or refuses to write: the change holds here, and is written when the store is back.`;
        waiter.done(new StoreError('unavailable', message));
      });
      const waiter: Waiter = {
        doc,
        done: (error) => {
          cancelTimer();
          this.#waiters.delete(waiter);
          if (error) reject(error);
          else resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Ends the waits for documents that have nothing left to be written. */
  written(holds: (doc: string) => boolean): void {
    for (const waiter of [...this.#waiters]) if (!holds(waiter.doc)) waiter.done();
  }

  /** Ends the waits for a document that the store can never hold. */
  refused(doc: string): void {
    const message = `The ${this.kind} store can never hold this change: it holds here, until the app ends.`;
    for (const waiter of [...this.#waiters]) if (waiter.doc === doc) waiter.done(new StoreError('invalid', message));
  }

  close(): void {
    for (const waiter of [...this.#waiters])
      waiter.done(new StoreError('closed', `The ${this.kind} store was closed.`));
  }
}
