import type { KeyStore, StoreChange, StoredDocument, StoreWatcher } from '../../src/key-management/store/port/key-store';
import { applyChange, copyDocument } from '../../src/key-management/store/port/merge';
import { StoreError } from '../../src/key-management/store/port/store-error';

/** A shared store inside one process, whose faults a test decides. */
export class Cluster {
  documents = new Map<string, StoredDocument>();
  readonly members = new Set<ClusterStore>();
  readonly applied = new Set<string>();
  readonly locks = new Map<string, { holder: string; until: number }>();
  /** Every batch that reached the store, for counting writes. */
  readonly batches: (readonly StoreChange[])[] = [];
  away = false;
  /** The store's own time; without it each instance's counts. */
  now: (() => number) | undefined;
  /** By which locks run out; without it they never do. */
  lockTime: () => number = () => 0;
  /** Applies the next write and then loses the answer. */
  loseNextAnswer = false;

  member(): ClusterStore {
    return new ClusterStore(this);
  }

  cut(): void {
    this.away = true;
    for (const { watcher } of this.members) watcher?.connection(false);
  }

  mend({ empty = false } = {}): void {
    this.away = false;
    if (empty) this.documents = new Map();
    for (const { watcher } of this.members) {
      watcher?.connection(true);
      watcher?.reset();
    }
  }
}

export class ClusterStore implements KeyStore {
  readonly kind = 'cluster';
  readonly shared = true;
  watcher: StoreWatcher | undefined;
  /** Does not hear of what others write. */
  isDeaf = false;

  constructor(private readonly cluster: Cluster) {}

  open(watcher: StoreWatcher): Promise<void> {
    this.watcher = watcher;
    this.cluster.members.add(this);
    return this.#reach(() => undefined);
  }

  load(prefix: string): Promise<StoredDocument[]> {
    return this.#reach(() =>
      [...this.cluster.documents.values()].filter(({ doc }) => doc.startsWith(prefix)).map(copyDocument),
    );
  }

  write(changes: readonly StoreChange[], id = ''): Promise<void> {
    return this.#reach(() => {
      if (id && this.cluster.applied.has(id)) return;
      this.cluster.applied.add(id);
      this.cluster.batches.push(changes);
      for (const change of changes) applyChange(this.cluster.documents, change);
      for (const other of this.cluster.members) if (other !== this && !other.isDeaf) other.watcher?.changed(changes);
      if (this.cluster.loseNextAnswer) {
        this.cluster.loseNextAnswer = false;
        throw new StoreError('unavailable', 'the answer was lost');
      }
    });
  }

  lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#reach(() => {
      const now = this.cluster.lockTime();
      const held = this.cluster.locks.get(name);
      if (held && held.holder !== holder && held.until > now) return false;
      this.cluster.locks.set(name, { holder, until: now + ttlMs });
      return true;
    });
  }

  unlock(name: string, holder: string): Promise<void> {
    return this.#reach(() => {
      if (this.cluster.locks.get(name)?.holder === holder) this.cluster.locks.delete(name);
    });
  }

  now(): number | undefined {
    return this.cluster.now?.();
  }

  close(): Promise<void> {
    this.cluster.members.delete(this);
    return Promise.resolve();
  }

  async #reach<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.cluster.away) throw new StoreError('unavailable', 'The store is away.');
    return work();
  }
}
