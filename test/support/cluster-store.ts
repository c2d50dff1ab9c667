import type {
  Audience,
  KeyStore,
  ReadChanges,
  StoreChange,
  StoredDocument,
  StoreWatcher,
} from '../../src/key-management/store/port/key-store';
import { applyChange, copyDocument } from '../../src/key-management/store/port/merge';
import { StoreError } from '../../src/key-management/store/port/store-error';

/** A shared store within one process. A test decides when and how it fails. */
export class Cluster {
  documents = new Map<string, StoredDocument>();
  readonly members = new Set<ClusterStore>();
  readonly applied = new Set<string>();
  readonly locks = new Map<string, { holder: string; until: number }>();
  /** Every batch that reached the store, so that tests can count writes. */
  readonly batches: (readonly StoreChange[])[] = [];
  away = false;
  /** The time of the store. Without it each instance uses its own clock. */
  now: (() => number) | undefined;
  /** The time by which locks expire. Without it they never expire. */
  lockTime: () => number = () => 0;
  /** The next write is applied, and its answer is lost. */
  loseNextAnswer = false;
  /** What nobody was told, with its writer. Counts what the store ever forgot of it in `forgotten`. */
  quiet: { readonly from: ClusterStore; readonly changes: readonly StoreChange[] }[] = [];
  forgotten = 0;
  /** How often changes were delivered to a member. */
  deliveries = 0;

  /** Tells every batch to all. */
  member(): ClusterStore {
    return new ClusterStore(this);
  }

  /** Tells a batch to its audience alone. */
  discreetMember(): DiscreetStore {
    return new DiscreetStore(this);
  }

  /** Remembers nothing of what nobody was told. */
  forgetQuiet(): void {
    this.forgotten += this.quiet.length;
    this.quiet = [];
  }

  cut(): void {
    this.away = true;
    for (const { watcher } of this.members) watcher?.connection(false);
  }

  mend({ empty = false } = {}): void {
    this.away = false;
    if (empty) {
      this.documents = new Map();
      this.forgetQuiet();
      this.forgotten += 1;
    }
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
  /** This member receives no changes of others. */
  isDeaf = false;

  constructor(protected readonly cluster: Cluster) {}

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

  write(changes: readonly StoreChange[], id = '', audience: Audience = 'all'): Promise<void> {
    return this.#reach(() => {
      if (id && this.cluster.applied.has(id)) return;
      this.cluster.applied.add(id);
      this.cluster.batches.push(changes);
      for (const change of changes) applyChange(this.cluster.documents, change);
      for (const other of this.cluster.members) {
        if (other === this || other.isDeaf || !this.tells(audience, other)) continue;
        this.cluster.deliveries += 1;
        other.watcher?.changed(changes);
      }
      this.wrote(changes, audience);
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

  protected tells(_audience: Audience, _other: ClusterStore): boolean {
    return true;
  }

  protected wrote(_changes: readonly StoreChange[], _audience: Audience): void {
    // All were told.
  }

  protected reach<T>(work: () => T): Promise<T> {
    return this.#reach(work);
  }

  async #reach<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.cluster.away) throw new StoreError('unavailable', 'The store is away.');
    return work();
  }
}

/** As the stores on servers: what is for nobody is only read. */
export class DiscreetStore extends ClusterStore {
  changesSince(cursor?: string): Promise<ReadChanges | undefined> {
    return this.reach(() => {
      const { forgotten, quiet } = this.cluster;
      const end = { changes: [], cursor: String(forgotten + quiet.length), more: false };
      if (cursor === undefined) return end;
      if (Number(cursor) < forgotten) return undefined;
      const changes = quiet
        .slice(Number(cursor) - forgotten)
        .flatMap(({ from, changes: each }) => (from === this ? [] : each));
      return { ...end, changes };
    });
  }

  protected override tells(audience: Audience, other: ClusterStore): boolean {
    return audience === 'all' || (audience !== 'nobody' && other.watcher?.instance === audience.instance);
  }

  protected override wrote(changes: readonly StoreChange[], audience: Audience): void {
    const quiet = audience === 'nobody' ? changes : changes.filter(({ kind }) => kind === 'drop');
    if (quiet.length > 0) this.cluster.quiet.push({ from: this, changes: quiet });
  }
}
