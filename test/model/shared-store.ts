import type {
  KeyStore,
  StoreChange,
  StoredDocument,
  StoreWatcher,
} from '../../src/key-management/store/port/key-store';
import { applyChange, copyDocument } from '../../src/key-management/store/port/merge';
import { StoreError } from '../../src/key-management/store/port/store-error';

/** A store in memory that instances share. What one writes reaches the others when the test says so: late, twice, or not at all. */
export class SharedStore {
  documents = new Map<string, StoredDocument>();
  readonly members: Member[] = [];
  /** All that was ever written, in the order of the store. */
  readonly journal: StoreChange[] = [];
  readonly #applied = new Set<string>();
  readonly #locks = new Map<string, string>();
  isAway = false;
  /** The next write is applied, and its answer lost. */
  losesNextAnswer = false;

  member(): Member {
    return new Member(this);
  }

  /** What is on its way is lost with the connection. */
  cut(): void {
    this.isAway = true;
    for (const member of this.members) member.inbox.length = 0;
    for (const { watcher } of this.members) watcher?.connection(false);
  }

  mend(): void {
    this.isAway = false;
    for (const { watcher } of this.members) {
      watcher?.connection(true);
      watcher?.reset();
    }
  }

  write(from: Member, changes: readonly StoreChange[], id: string | undefined): void {
    if (id !== undefined && this.#applied.has(id)) return;
    if (id !== undefined) this.#applied.add(id);
    this.journal.push(...structuredClone(changes));
    for (const change of structuredClone(changes)) applyChange(this.documents, change);
    for (const other of this.members) if (other !== from) other.inbox.push(...structuredClone(changes));
    if (!this.losesNextAnswer) return;
    this.losesNextAnswer = false;
    throw new StoreError('unavailable', 'the answer was lost');
  }

  lock(name: string, holder: string): boolean {
    if (!this.#locks.has(name)) this.#locks.set(name, holder);
    return this.#locks.get(name) === holder;
  }

  unlock(name: string, holder: string): void {
    if (this.#locks.get(name) === holder) this.#locks.delete(name);
  }
}

/** One instance's access to it. */
export class Member implements KeyStore {
  readonly kind = 'shared';
  readonly shared = true;
  watcher: StoreWatcher | undefined;
  /** What others wrote and this one was not told yet. */
  readonly inbox: StoreChange[] = [];
  /** What it was told, for telling it again. */
  readonly #told: StoreChange[] = [];

  constructor(private readonly store: SharedStore) {}

  /** Tells of the first so many changes. */
  deliver(count: number): void {
    const changes = this.inbox.splice(0, count);
    if (changes.length === 0) return;
    this.#told.push(...changes.filter(({ kind }) => kind !== 'add'));
    this.watcher?.changed(structuredClone(changes));
  }

  /** Tells once more of what may come twice. */
  repeat(which: number): void {
    const change = this.#told[which % this.#told.length];
    if (change) this.watcher?.changed([structuredClone(change)]);
  }

  /** All that is on its way is lost, and that is noticed. */
  lose(): void {
    this.inbox.length = 0;
    this.watcher?.reset();
  }

  open(watcher: StoreWatcher): Promise<void> {
    this.watcher = watcher;
    this.store.members.push(this);
    return this.#reach(() => undefined);
  }

  load(prefix: string): Promise<StoredDocument[]> {
    return this.#reach(() => {
      // What the answer holds is not told again, as far as it adds up; anything else may be.
      const rest = this.inbox.filter(({ kind }) => kind !== 'add');
      this.inbox.splice(0, this.inbox.length, ...rest);
      return [...this.store.documents.values()].filter(({ doc }) => doc.startsWith(prefix)).map(copyDocument);
    });
  }

  write(changes: readonly StoreChange[], id?: string): Promise<void> {
    return this.#reach(() => {
      this.store.write(this, changes, id);
    });
  }

  lock(name: string, holder: string): Promise<boolean> {
    return this.#reach(() => this.store.lock(name, holder));
  }

  unlock(name: string, holder: string): Promise<void> {
    return this.#reach(() => {
      this.store.unlock(name, holder);
    });
  }

  close(): Promise<void> {
    this.store.members.splice(this.store.members.indexOf(this), 1);
    this.watcher = undefined;
    return Promise.resolve();
  }

  async #reach<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.store.isAway) throw new StoreError('unavailable', 'The store is away.');
    return work();
  }
}
