import type { Clock } from '../clock';
import { turnOfTheLoop } from '../slices';
import type { DocumentOwner } from './document-owner';
import type { KeyStore } from './key-store';
import type { Outbox } from './outbox';

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
    /** Told of each batch that is in the store. */
    private readonly written: () => void,
  ) {}

  /** Statistics are due: of everyone, once. */
  collectAll(): void {
    this.#owing = [...this.owners];
  }

  /** Something waits: changes, or statistics that are due. */
  get isBehind(): boolean {
    return this.outbox.size > 0 || this.#owing.length > 0;
  }

  /** Until nothing waits. Must not run while totals are compared. */
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
      await this.store.write(batch.changes, batch.id);
      this.lastWriteMs = this.clock.now() - startedAt;
      this.outbox.done();
      this.written();
    }
  }
}
