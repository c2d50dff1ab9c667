import { systemClock, type Clock } from '../../common/clock';
import { checkChanges } from '../port/check-changes';
import type { KeyStore, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { applyChange, copyDocument } from '../port/merge';
import { closedError } from '../port/store-error';
import { LocalLocks } from '../port/local-locks';

export interface MemoryKeyStoreOptions {
  /** @default the system's clock */
  clock?: Pick<Clock, 'now'>;
}

/** Keeps nothing: the state lives and ends with this object. */
export class MemoryKeyStore implements KeyStore {
  readonly kind = 'memory';
  readonly shared = false;
  #documents: Map<string, StoredDocument> | undefined;
  readonly #locks: LocalLocks;

  constructor({ clock = systemClock }: MemoryKeyStoreOptions = {}) {
    this.#locks = new LocalLocks(clock);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, and so are its errors
  async open(_watcher: StoreWatcher): Promise<void> {
    this.#documents = new Map();
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async load(prefix: string): Promise<StoredDocument[]> {
    return [...this.#opened().values()].filter(({ doc }) => doc.startsWith(prefix)).map(copyDocument);
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async write(changes: readonly StoreChange[], id?: string): Promise<void> {
    const documents = this.#opened();
    checkChanges(changes, id);
    for (const change of changes) {
      applyChange(
        documents,
        change.kind === 'set' ? { ...change, register: structuredClone(change.register) } : change,
      );
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    this.#opened();
    return this.#locks.take(name, holder, ttlMs);
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async unlock(name: string, holder: string): Promise<void> {
    this.#opened();
    this.#locks.release(name, holder);
  }

  close(): Promise<void> {
    this.#documents = undefined;
    return Promise.resolve();
  }

  #opened(): Map<string, StoredDocument> {
    if (!this.#documents) throw closedError(this.kind);
    return this.#documents;
  }
}
