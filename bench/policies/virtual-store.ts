import { checkChanges } from '../../src/key-management/store/port/check-changes';
import type {
  KeyStore,
  StoreChange,
  StoredDocument,
  StoreWatcher,
} from '../../src/key-management/store/port/key-store';
import { LocalLocks } from '../../src/key-management/store/port/local-locks';
import { applyChange, copyDocument } from '../../src/key-management/store/port/merge';
import { StoreError } from '../../src/key-management/store/port/store-error';
import type { VirtualClock } from './virtual-clock';

/** One way to the store, or from it. Milliseconds. */
const LATENCY_MS = 1;
/** After this long without an answer a client takes its store for away. Milliseconds. */
const TIME_LIMIT_MS = 1_000;

/** A store that instances share, in virtual time: reached after a latency, and away when the scenario says so. */
export class VirtualStore {
  readonly documents = new Map<string, StoredDocument>();
  readonly applied = new Set<string>();
  readonly locks: LocalLocks;
  #members: readonly VirtualStoreMember[] = [];
  #isAway = false;
  /** Batches of changes that were written. */
  writes = 0;

  constructor(readonly clock: VirtualClock) {
    this.locks = new LocalLocks(clock);
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** A connection for one more instance. */
  member(): VirtualStoreMember {
    return new VirtualStoreMember(this);
  }

  join(member: VirtualStoreMember): void {
    this.#members = [...this.#members, member];
  }

  leave(member: VirtualStoreMember): void {
    this.#members = this.#members.filter((each) => each !== member);
  }

  /** Writes at once, and tells all others a latency later, in the order of the writes. */
  write(changes: readonly StoreChange[], writer: VirtualStoreMember): void {
    this.writes += 1;
    for (const change of changes) applyChange(this.documents, copyOf(change));
    const others = this.#members.filter((each) => each !== writer);
    this.clock.after(LATENCY_MS, () => {
      for (const other of others) other.hear(changes.map(copyOf));
    });
  }

  cut(): void {
    this.#isAway = true;
    for (const member of this.#members) member.connection(false);
  }

  mend(): void {
    this.#isAway = false;
    for (const member of this.#members) member.connection(true);
  }
}

const copyOf = (change: StoreChange): StoreChange =>
  change.kind === 'set' ? { ...change, register: structuredClone(change.register) } : { ...change };

export class VirtualStoreMember implements KeyStore {
  readonly kind = 'virtual';
  readonly shared = true;
  #watcher: StoreWatcher | undefined;
  #isDead = false;

  constructor(private readonly store: VirtualStore) {}

  async open(watcher: StoreWatcher): Promise<void> {
    this.#watcher = watcher;
    this.store.join(this);
    await this.#reach(() => undefined);
  }

  load(prefix: string): Promise<StoredDocument[]> {
    return this.#reach(() =>
      [...this.store.documents.values()].filter(({ doc }) => doc.startsWith(prefix)).map(copyDocument),
    );
  }

  write(changes: readonly StoreChange[], id?: string): Promise<void> {
    return this.#reach(() => {
      checkChanges(changes, id);
      if (id !== undefined && this.store.applied.has(id)) return;
      if (id !== undefined) this.store.applied.add(id);
      this.store.write(changes, this);
    });
  }

  lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#reach(() => this.store.locks.take(name, holder, ttlMs));
  }

  unlock(name: string, holder: string): Promise<void> {
    return this.#reach(() => {
      this.store.locks.release(name, holder);
    });
  }

  now(): number {
    return Math.floor(this.store.clock.now());
  }

  close(): Promise<void> {
    this.store.leave(this);
    this.#watcher = undefined;
    return Promise.resolve();
  }

  /** The process is killed: nothing of it reaches the store any more, and nobody says goodbye. */
  die(): void {
    this.#isDead = true;
    this.store.leave(this);
  }

  hear(changes: readonly StoreChange[]): void {
    if (!this.store.isAway) this.#watcher?.changed(changes);
  }

  connection(up: boolean): void {
    this.#watcher?.connection(up);
    if (up) this.#watcher?.reset();
  }

  async #reach<T>(work: () => T): Promise<T> {
    if (this.#isDead) return new Promise(() => undefined);
    if (this.store.isAway) {
      await this.store.clock.sleep(TIME_LIMIT_MS);
      throw new StoreError('unavailable', 'The store is away.');
    }
    await this.store.clock.sleep(LATENCY_MS);
    const found = work();
    await this.store.clock.sleep(LATENCY_MS);
    return found;
  }
}
