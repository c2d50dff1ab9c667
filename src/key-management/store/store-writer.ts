import type { Clock } from '../clock';
import { turnOfTheLoop } from '../slices';
import type { DocumentOwner } from './document-owner';
import type { KeyStore, StoreChange } from './key-store';
import type { Outbox } from './outbox';
import { StoreError } from './store-error';

export interface WriterListener {
  /** A batch is in the store. */
  written(): void;
  /** The store can never hold this change: it is set aside, and the others are written. */
  refused(change: StoreChange, error: StoreError): void;
}

/** Writes what waits in the outbox, and brings statistics into it some at a time, so that those of many keys hold up nothing else. */
export class StoreWriter {
  /** Milliseconds. */
  lastWriteMs = 0;
  /** Those who have not given all their statistics yet. */
  #owing: readonly DocumentOwner[] = [];
  #stopped = false;

  constructor(
    private readonly store: KeyStore,
    private readonly owners: readonly DocumentOwner[],
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly listener: WriterListener,
  ) {}

  /** Statistics are due: of everyone, once. */
  collectAll(): void {
    this.#owing = [...this.owners];
  }

  /** Something waits: changes, or statistics that are due. */
  get isBehind(): boolean {
    return this.outbox.size > 0 || this.#owing.length > 0;
  }

  /** Until nothing waits. @throws StoreError `unavailable`; what was not written waits on */
  async writeAll(): Promise<void> {
    do {
      this.#owing = this.#owing.filter((owner) => owner.collect());
      await this.#writeWaiting();
      if (this.#owing.length > 0) await turnOfTheLoop();
    } while (this.#owing.length > 0 && !this.#stopped);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #writeWaiting(): Promise<void> {
    for (let batch = this.outbox.next(); batch && !this.#stopped; batch = this.outbox.next()) {
      const startedAt = this.clock.now();
      try {
        await this.store.write(batch.changes, batch.id);
      } catch (error) {
        if (!(error instanceof StoreError && error.code === 'invalid')) throw error;
        const change = this.outbox.refused();
        if (change) this.listener.refused(change, error);
        continue;
      }
      this.lastWriteMs = this.clock.now() - startedAt;
      this.outbox.done();
      this.listener.written();
    }
  }
}
