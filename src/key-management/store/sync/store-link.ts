import type { Clock, Random } from '../../common/clock';
import type { DocumentOwner, StoreListener } from './document-owner';
import type { Audience, Json, KeyStore, StoreChange, StoredDocument } from '../port/key-store';
import { Outbox } from './outbox';
import { Reconciler } from './reconciler';
import { RegisterVersions } from './register-versions';
import { ServedProviders } from './served-providers';
import { StoreState, UnusableDocuments } from './store-state';
import { SavedWaiters, StoreWriter, type LinkParts } from './store-writer';
import { SumLedger } from './sum-ledger';
import { Timer } from '../../common/coalescing-timer';
import { within } from '../../common/settles-within';
import { WriterSlots } from './writer-slots';

/** Statistics go out this often, where they are of few keys and of few instances; and at least this often. Milliseconds. */
const STATISTICS_MS = 1_000;
const LATEST_STATISTICS_MS = 10_000;
/** For each document that statistics are of, and for each instance, they may take this much longer: so calls meet in keys. Milliseconds. */
const PER_DOCUMENT_MS = 10;
const PER_INSTANCE_MS = 50;
/** What others added up is this old at the most when somebody looks; milliseconds. */
const FRESH_MS = 2_000;
/** Who looks waits for it this long; milliseconds. */
const FRESHEN_MS = 1_000;
/** After a look that does not wait, it is read on for so long; and after the start, where there are no more instances than these. Milliseconds. */
const READ_ON_MS = 60_000;
const FEW_INSTANCES = 16;
/** A store that is away is tried again after this long, if it does not say itself that it is back. */
const RETRY_MS = 1_000;
/** Clocks that differ by less count as equal: how long an answer took is in the difference. Milliseconds. */
const SAME_CLOCK_MS = 1_000;

export interface PutOptions {
  /** Among simultaneous changes of several instances the greatest wins; 0 by default. */
  readonly rank?: number;
  /** The least version it gets: one by the clock wins over an earlier change that is not known here yet. */
  readonly atLeast?: number;
  /** Who is to hear of it at once; all by default. What is for nobody goes out with the next statistics. */
  readonly to?: Audience;
}

/** Connects the pools with a store: writes behind (through an outbox), takes in what others wrote, and restores what the store lost. */
export class StoreLink {
  readonly state: StoreState;
  readonly #outbox: Outbox;
  readonly #versions = new RegisterVersions();
  readonly #ledger = new SumLedger();
  readonly #slots: WriterSlots;
  readonly #unusable: UnusableDocuments;
  readonly #owners: DocumentOwner[] = [];
  readonly #writer: StoreWriter;
  readonly #reconciler: Reconciler;
  readonly #served: ServedProviders;
  readonly #waiters: SavedWaiters;
  readonly #statistics: Timer;
  readonly #flushAgain: Timer;
  /** How many instances share the store. */
  countInstances: () => number = () => 1;
  /** Whether this one is the first of them. */
  isFirst: () => boolean = () => true;
  /** When what others added up was last read, or all that is stored. */
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;
  readonly #readsOn: Timer;
  #lookedAt = -Infinity;
  /** Reading and writing go one after the other. */
  #queue: Promise<void> = Promise.resolve();
  #flushing = false;
  #closing = false;
  #closed = false;
  /** Failed writes so far. */
  failures = 0;

  constructor(
    private readonly store: KeyStore,
    private readonly instanceId: string,
    private readonly clock: Clock,
    private readonly listener: StoreListener,
    random: Random = Math.random,
  ) {
    this.state = new StoreState(store.kind, listener, () => clock.now());
    this.#outbox = new Outbox(instanceId, () => clock.now());
    this.#slots = new WriterSlots(store, instanceId, clock, this.#ledger, this.#outbox);
    // The first: as which writer this instance goes on is settled before anything counted is read.
    if (store.shared) this.#owners.push(this.#slots);
    this.#unusable = new UnusableDocuments(store.kind, (message) => listener.warn(message));
    this.#waiters = new SavedWaiters(store.kind, clock);
    const parts: LinkParts = {
      store,
      clock,
      owners: this.#owners,
      outbox: this.#outbox,
      ledger: this.#ledger,
      slots: this.#slots,
      state: this.state,
      unusable: this.#unusable,
    };
    this.#writer = new StoreWriter(parts, this.#waiters);
    this.#served = new ServedProviders(clock, { ...parts, versions: this.#versions }, () =>
      this.#reconciler.withOthers(),
    );
    this.#reconciler = new Reconciler(parts, this.#versions, this.#writer, (step) => this.#inTurn(step), this.#served, {
      count: () => this.countInstances(),
      isFirst: () => this.isFirst(),
      documents: () => this.mirrored,
      random,
    });
    this.#statistics = new Timer(
      clock,
      () => this.#statisticsMs,
      () => {
        this.#served.collecting();
        this.#writer.collectAll();
        this.#flushSoon();
      },
    );
    this.#flushAgain = new Timer(clock, RETRY_MS, () => this.#flushSoon());
    this.#readsOn = new Timer(clock, FRESH_MS, () => {
      if (this.#closed || !this.#isReadingOn(clock.now())) return;
      this.#readsOn.start();
      void this.freshen(0);
    });
  }

  get kind(): string {
    return this.store.kind;
  }

  get shared(): boolean {
    return this.store.shared;
  }

  /** Whether what others only added up is heard by `freshen` alone. */
  get readsLater(): boolean {
    return this.store.changesSince !== undefined;
  }

  /** Whether the store is reached, and reads and writes. */
  get up(): boolean {
    return this.state.condition === 'up';
  }

  /** Since when it has been up, milliseconds since the epoch; undefined while it is not. */
  get upSince(): number | undefined {
    return this.state.upSince;
  }

  /** All that was stored at the start is known here. */
  get isLoaded(): boolean {
    return this.state.hasWorked;
  }

  /** Of the last good write. */
  get lastWriteMs(): number {
    return this.#writer.lastWriteMs;
  }

  /** Documents with changes that the store does not have yet. */
  get backlog(): number {
    return this.#outbox.size;
  }

  /** For how long the oldest of them has been waiting; milliseconds. */
  get lagMs(): number {
    return this.#outbox.waitingSince === undefined ? 0 : this.clock.now() - this.#outbox.waitingSince;
  }

  /** What to add to a time of this instance to have it by the clock that all instances share; milliseconds. */
  get offsetMs(): number {
    const storeNow = this.store.now?.();
    const offset = storeNow === undefined ? 0 : storeNow - this.clock.now();
    return Math.abs(offset) < SAME_CLOCK_MS ? 0 : Math.round(offset);
  }

  /** Whether changes of the document wait to be written. */
  holds(doc: string): boolean {
    return this.#outbox.holds(doc);
  }

  /** Adds documents of another kind. Before `open`. */
  own(owner: DocumentOwner): void {
    this.#owners.push(owner);
  }

  /** How this instance tells which providers it serves: of others nothing is kept in memory. Default: it serves all. */
  servesBy(serves: (provider: string) => boolean): void {
    this.#served.serves = serves;
  }

  serves(provider: string): boolean {
    return this.#served.serves(provider);
  }

  /** How many documents something is known of: what is stored of each, or what was counted in it, or both. */
  get mirrored(): number {
    return new Set([...this.#versions.docs(), ...this.#ledger.docs()]).size;
  }

  /** The provider is served from now on: resolves when what is stored of it is known, or cannot be read. */
  enter(provider: string): Promise<void> {
    this.#served.enter(provider);
    return this.#inTurn(async () => {
      // Before the first look, or without the store, all that is stored is due to be read.
      if (!this.isLoaded || this.#closed) return;
      if (this.state.isConnected) await this.#reconciler.readProvider(provider);
      else this.#reconciler.soon();
    }).catch((error: unknown) => this.#reconciler.failed(error));
  }

  /** The provider is served no more: it is forgotten when all of it is written. */
  leave(provider: string): void {
    this.#served.leave(provider);
    this.statisticsPending();
  }

  /** Connects and reads everything. @throws StoreError; the link goes on, and reconciles when the store is there. */
  async open(): Promise<void> {
    const reset = (): void => this.#reconciler.withOthers();
    const changed = (changes: readonly StoreChange[]): void => {
      if (!this.#reconciler.takeIn(changes)) reset();
    };
    await this.store.open({
      instance: this.instanceId,
      instances: () => this.countInstances(),
      changed,
      reset,
      connection: (up, reason) => this.#connection(up, reason),
    });
    // Before the flush that begins with the connection: what is stored is known before anything is written.
    this.#reconciler.soon();
    this.#connection(true);
    await this.#queue;
    if (this.countInstances() <= FEW_INSTANCES) this.looked();
  }

  /** Sets a field, at once. Among simultaneous changes of several instances the greatest `rank` wins. */
  put(doc: string, field: string, value: Json, { rank = 0, atLeast = 0, to = 'all' }: PutOptions = {}): void {
    this.#outbox.set(doc, field, this.#versions.next(doc, field, value, `${rank}:${this.instanceId}`, atLeast), to);
    if (to === 'nobody') this.statisticsPending();
    else this.#flushSoon();
  }

  /** As `put`, for a change by an administrator: it wins over any earlier change, also over one that is not known here because the store is away. */
  putByAdministrator(doc: string, field: string, value: Json, rank = 0): void {
    // In minutes, so that among simultaneous ones still the rank decides.
    this.put(doc, field, value, { rank, atLeast: Math.floor((this.clock.now() + this.offsetMs) / 60_000) });
  }

  /** Raises a field to at least `value`. Goes out with the next statistics, or for all to hear with what is put. */
  raise(doc: string, field: string, value: number, to: 'all' | 'nobody' = 'nobody'): void {
    this.#outbox.raise(doc, field, value, to);
    this.statisticsPending();
  }

  /** Writes what waits, also what is only added up, rather than with the next statistics. */
  flush(): void {
    this.#writer.allDue();
    this.#flushSoon();
  }

  /** Adds to a count. Goes out with the next statistics. */
  add(doc: string, field: string, by: number): void {
    if (!(by > 0)) return;
    const part = this.#ledger.count(doc, field, by);
    if (part) this.#slots.raise(doc, part);
    this.statisticsPending();
  }

  /** The counts of a document, of all instances and all time. */
  totals(doc: string): Readonly<Record<string, number>> {
    return this.#ledger.totals(doc);
  }

  /** The names of the documents under the prefix of which counts are known. */
  *counted(prefix: string): Iterable<string> {
    for (const [doc] of this.#ledger.parts(prefix)) yield doc;
  }

  /** Removes a document that nobody writes to any more. Goes out with the next statistics. @param to Who is to hear of it. */
  drop(doc: string, to: Audience = 'all'): void {
    this.#versions.forget(doc);
    this.#ledger.forget(doc);
    this.#outbox.drop(doc, to);
    this.statisticsPending();
  }

  /** A document, or a part of it, makes no sense and is not used: it is named in the log, once. */
  setAside(doc: string, problem: string): void {
    this.#unusable.unreadable(doc, problem);
  }

  /** Something is to be collected with the next statistics: after a second, or later where many keys are in use or many instances share the store. */
  statisticsPending(): void {
    if (!this.#closed) this.#statistics.start();
  }

  /**
   * Reads what others added up, unless that was done within `maxAgeMs`, milliseconds. Called by whoever shows figures of all instances, or
   * decides by them. Answers whether what is known here is not older; without the store nothing else is to be had, and where all are told
   * everything, it never is.
   */
  async freshen(maxAgeMs = FRESH_MS): Promise<boolean> {
    if (!this.readsLater || !this.up || !this.isLoaded) return true;
    const since = this.clock.now() - maxAgeMs;
    // A reading that has begun already may have begun too early.
    if (this.#reading && this.#readAt < since) await within(FRESHEN_MS, this.#reading, this.clock);
    if (!this.#reading && this.#readAt < since) await within(FRESHEN_MS, (this.#reading = this.#read()), this.clock);
    return this.#readAt >= since;
  }

  #read(): Promise<void> {
    return this.#inTurn(async () => {
      const startedAt = this.clock.now();
      try {
        await this.#reconciler.read();
        this.#readAt = startedAt;
      } finally {
        this.#reading = undefined;
      }
    }).catch(() => undefined);
  }

  /**
   * Somebody looks at figures of all instances who does not wait. Where they are old, what others add up is read as it comes from now on, until
   * nobody has looked for a minute.
   */
  looked(): void {
    if (!this.readsLater || this.#closed) return;
    const now = this.clock.now();
    const isOld = this.#readAt < now - FRESH_MS;
    if (!isOld && !this.#isReadingOn(now)) return;
    this.#lookedAt = now;
    this.#readsOn.start();
    if (isOld) void this.freshen();
  }

  #isReadingOn(now: number): boolean {
    return now - this.#lookedAt < READ_ON_MS;
  }

  get #statisticsMs(): number {
    // A store that tells all to all gains nothing by it, and one of a single process loses as little as it can.
    if (!this.readsLater) return STATISTICS_MS;
    const wanted = Math.max(
      this.#writer.documentsOfStatistics * PER_DOCUMENT_MS,
      this.countInstances() * PER_INSTANCE_MS,
    );
    return Math.min(Math.max(wanted, STATISTICS_MS), LATEST_STATISTICS_MS);
  }

  /** What the store holds under a prefix by now. @throws StoreError */
  read(prefix: string): Promise<StoredDocument[]> {
    return this.store.load(prefix);
  }

  /** Resolves when all changes of the document are in the store. @throws StoreError `unavailable` after 5 s; `invalid` if they never can be */
  saved(doc: string): Promise<void> {
    if (!this.#outbox.holds(doc)) return Promise.resolve();
    this.#flushSoon();
    return this.#waiters.wait(doc);
  }

  /** Takes or renews a lock. Without the store every instance works for itself, and so has it. */
  async lock(name: string, ttlMs: number): Promise<boolean> {
    return !this.shared || ((await this.askLock(name, ttlMs)) ?? true);
  }

  /** As `lock`, where only one instance may have it: undefined if the store cannot be asked. */
  async askLock(name: string, ttlMs: number): Promise<boolean | undefined> {
    if (!this.state.isConnected) return undefined;
    try {
      return await this.store.lock(name, this.instanceId, ttlMs);
    } catch {
      return undefined;
    }
  }

  async unlock(name: string): Promise<void> {
    if (this.shared && this.state.isConnected) await this.store.unlock(name, this.instanceId).catch(() => undefined);
  }

  /** Writes what is left, within the limit, and closes the store. */
  async close(limitMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closing = true;
    this.#reconciler.hurry();
    this.#writer.collectAll();
    if (this.state.isConnected) await within(limitMs, this.#lastWrites(), this.clock);
    this.#closed = true;
    for (const each of [
      this.#statistics,
      this.#flushAgain,
      this.#readsOn,
      this.#reconciler,
      this.#writer,
      this.#served,
    ])
      each.stop();
    this.#waiters.close();
    if (this.#outbox.size > 0)
      this.listener.warn(`the ${this.kind} store was away: changes of ${this.#outbox.size} documents were not written`);
    if (this.state.isConnected) await this.#slots.release();
    await this.store.close();
  }

  /** What waits, and then what the store lost since it was last looked at: nobody else may be left who knows it. */
  async #lastWrites(): Promise<void> {
    await this.#flushed();
    if (this.#closed || this.#outbox.size > 0) return;
    await this.store.look?.().catch(() => undefined);
    // Reconciling, where data was lost.
    await this.#queue;
  }

  #connection(up: boolean, reason?: string): void {
    if (this.#closed || !this.state.connection(up, reason)) return;
    if (!up) return;
    this.#reconciler.cameUp();
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#closed || this.#flushing || !this.state.isConnected) return;
    void this.#flushed();
  }

  #flushed(): Promise<void> {
    this.#flushing = true;
    return this.#inTurn(async () => {
      if (!this.isLoaded && !this.#closing) {
        // What is stored is to be read first, and times are to be put by the store's clock; reading it writes all that waits.
        this.#flushing = false;
        this.#reconciler.soon();
        return;
      }
      try {
        let isWritten = await this.#writer.writeAll();
        if (!isWritten && this.#closing && this.shared) {
          this.#slots.begin();
          isWritten = await this.#writer.writeAll();
        }
        this.#flushing = false;
        if (!isWritten) {
          // What is stored is to be read first; reading it writes all that waits.
          if (!this.#closing) this.#reconciler.soon();
          return;
        }
        if (await this.#served.forgetWritten()) this.statisticsPending();
        // What came between the last write and here.
        if (this.#writer.isBehind) this.#flushSoon();
      } catch (error) {
        this.#flushing = false;
        this.failures += 1;
        if (this.#closed) return;
        this.state.failed(error);
        this.#flushAgain.start();
      }
    });
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(step);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
