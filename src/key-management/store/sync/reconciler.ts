import type { Random } from '../../common/clock';
import { Timer } from '../../common/coalescing-timer';
import { forEachInChunks } from '../../common/event-loop';
import type { Json, StoreChange, StoredDocument } from '../port/key-store';
import { isSaneVersion, replaces } from '../port/merge';
import type { DocumentOwner, KnownDocument } from './document-owner';
import type { IdempotentChange } from './outbox';
import type { RegisterVersions } from './register-versions';
import type { ServedProviders } from './served-providers';
import type { LinkParts, StoreWriter } from './store-writer';
import { earlierSums, isPart, isRestoredSum } from './sum-ledger';

/** So few instances do not wait for each other. */
const FEW_INSTANCES = 3;
/** Where all are to read at once, each that is not the first waits for a random part of this, for each instance, and again while another reads. Milliseconds. */
const PER_INSTANCE_MS = 50;
const LONGEST_PAUSE_MS = 10_000;
/** It waits for so long, and for a random part of it in addition; milliseconds. */
const LONGEST_WAIT_MS = 20_000;
/** Held by the one that reads. It may die meanwhile. */
const TURN = 'read-all';
const TURN_MS = 10_000;
/** A failed run is repeated after this long, while the store is connected; milliseconds. */
const RETRY_MS = 1_000;
/** Counts per part of a document that is merged in parts; a document of a key has about five. */
const PART_FIELDS = 50;
/** Nothing that this package stores is nested more deeply; what is may be more than the program's stack can follow. */
const DEEPEST = 16;

const isShallow = (value: Json, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((each) => isShallow(each, levels - 1)));

/** The instances that share the store, and this one among them. */
interface Fleet {
  /** How many there are, as far as is known. */
  count(): number;
  /** Whether this is the one that goes before the others. */
  isFirst(): boolean;
  /** The id of this one. */
  readonly id: string;
  readonly random: Random;
}

/**
 * Brings what this instance knows and what the store holds together: at the start, and whenever changes may have been missed or lost. A
 * run is repeated until it succeeds, and never runs twice at once.
 * All that is stored merges in any order and any number of times, so a run may overlap with the writes of other instances.
 */
export class Reconciler {
  readonly #again: Timer;
  /** A run that waits until others have read. */
  readonly #afterOthers: Timer;
  #waitsUntil = 0;
  #isWaiting = false;
  #hasTurn = false;
  #isHurried = false;
  /** A run is needed: none has succeeded since changes may have been missed. */
  #isDue = false;
  #isQueued = false;
  #isStopped = false;
  /** From where on is to be read what others added up. */
  #cursor: string | undefined;

  /** @param inTurn Runs a step when those before it are done: reading and writing go one after the other. */
  constructor(
    private readonly parts: LinkParts,
    private readonly versions: RegisterVersions,
    private readonly writer: StoreWriter,
    private readonly inTurn: (step: () => Promise<void>) => Promise<void>,
    private readonly served: ServedProviders,
    private readonly fleet: Fleet,
  ) {
    this.#again = new Timer(parts.clock, RETRY_MS, () => this.soon());
    this.#afterOthers = new Timer(
      parts.clock,
      () => fleet.random() * Math.min(fleet.count() * PER_INSTANCE_MS, LONGEST_PAUSE_MS),
      () => void this.#afterOthersIfTheyAreDone(),
    );
  }

  /** Queues a run. */
  soon(): void {
    this.#isWaiting = false;
    this.#afterOthers.stop();
    if (this.#isQueued || this.#isStopped) return;
    this.#isQueued = true;
    this.#isDue = true;
    void this.inTurn(() => this.#runAndReport());
  }

  /**
   * As `soon`, where all instances are told to read at the same moment: where they are many, one of them begins, so that it has given back
   * what the store lost, and made a snapshot where the store has such, when the others come, each after a random pause. What is known is used
   * meanwhile. At the start nothing is known yet, and at the end nobody may be left: then nothing waits.
   */
  withOthers(): void {
    if (this.#isComing || this.#isStopped) return;
    const { state, clock } = this.parts;
    const { fleet } = this;
    if (!state.hasWorked || this.#isHurried || fleet.count() <= FEW_INSTANCES) {
      this.soon();
    } else if (fleet.isFirst()) {
      // The others find it taken, since it is asked for before anything is read.
      void this.#takeTurn();
      this.soon();
    } else {
      this.#isDue = true;
      this.#isWaiting = true;
      this.#waitsUntil = clock.now() + LONGEST_WAIT_MS * (1 + fleet.random());
      this.#afterOthers.start();
    }
  }

  /** Whether all is going to be read. */
  get #isComing(): boolean {
    return this.#isQueued || this.#isWaiting;
  }

  async #afterOthersIfTheyAreDone(): Promise<void> {
    const isDone = (await this.#takeTurn()) || this.parts.clock.now() >= this.#waitsUntil;
    if (!this.#isWaiting || this.#isStopped) return;
    if (isDone) this.soon();
    else this.#afterOthers.start();
  }

  /** Whether nobody else reads. Without the store there is nothing to wait for. */
  async #takeTurn(): Promise<boolean> {
    this.#hasTurn = await this.parts.store.lock(TURN, this.fleet.id, TURN_MS).catch(() => true);
    return this.#hasTurn;
  }

  async #giveTurn(): Promise<void> {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    await this.parts.store.unlock(TURN, this.fleet.id).catch(() => undefined);
  }

  /** The store is connected again: a run that failed without it is due now. */
  cameUp(): void {
    if (this.#isDue) this.withOthers();
  }

  /** From now on nothing waits for others. */
  hurry(): void {
    this.#isHurried = true;
    if (this.#isDue && this.parts.state.isConnected) this.soon();
  }

  stop(): void {
    this.#isStopped = true;
    this.#again.stop();
    this.#afterOthers.stop();
  }

  async #runAndReport(): Promise<void> {
    this.#isQueued = false;
    if (this.#isStopped) return;
    try {
      // Asked for again meanwhile, it is still due.
      this.#isDue = await this.#run();
      this.parts.state.worked();
    } catch (error) {
      this.failed(error);
    } finally {
      await this.#giveTurn();
    }
  }

  /** What is stored could not be read: it is tried again while the store is connected, or when it is back. */
  failed(error: unknown): void {
    if (this.#isStopped) return;
    this.#isDue = true;
    this.parts.state.failed(error);
    if (this.parts.state.isConnected) this.#again.start();
  }

  /** Returns whether another run was queued meanwhile. @throws StoreError when the store does not answer */
  async #run(): Promise<boolean> {
    const { store, owners } = this.parts;
    // Before anything is loaded: what is added up meanwhile may be read twice, and not never.
    const cursor = store.changesSince ? (await store.changesSince())?.cursor : undefined;
    for (const owner of owners) {
      const documents = await store.load(owner.prefix);
      await this.#merge(owner, documents);
      await owner.merged?.();
      await this.#restore(owner, new Map(documents.map((document) => [document.doc, document])));
    }
    await this.parts.slots.wasRead();
    this.#cursor = cursor;
    this.writer.allDue();
    await this.writer.writeAll();
    return this.#isComing;
  }

  /** Takes in what others added up since the last time; false where all is to be read, after others. @throws StoreError */
  async read(): Promise<boolean> {
    for (let more = true; more;) {
      if (this.#isStopped || this.#isWaiting) return false;
      const read = this.#cursor === undefined ? undefined : await this.parts.store.changesSince?.(this.#cursor);
      if (!read) {
        // It is too long ago; or data was lost, which all find out at the same moment.
        if (this.fleet.count() > FEW_INSTANCES) await this.parts.store.look?.();
        if (this.#isComing) return false;
        await this.#run();
        return true;
      }
      ({ cursor: this.#cursor, more } = read);
      await forEachInChunks(read.changes, (change) => {
        if (!this.takeIn([change])) this.soon();
      });
    }
    return true;
  }

  /** Takes in what is stored of one provider, which is served here from now on. @throws StoreError */
  async readProvider(provider: string): Promise<void> {
    for (const owner of this.parts.owners) {
      if (!owner.providerOf) continue;
      for (const place of owner.placesOf?.(provider) ?? [owner.prefix + provider]) {
        const documents = await this.parts.store.load(place);
        await this.#merge(
          owner,
          documents.filter(({ doc }) => owner.providerOf!(doc) === provider),
        );
      }
      await owner.merged?.();
    }
  }

  async #merge(owner: DocumentOwner, documents: readonly StoredDocument[]): Promise<void> {
    const kept: StoredDocument[] = [];
    await forEachInChunks(documents, (document) => {
      if (this.served.keeps(owner, document.doc)) kept.push(document);
      else this.#guarded(document.doc, () => owner.passedBy?.(document));
    });
    await forEachInChunks(splitIntoParts(kept), (document) => {
      this.#guarded(document.doc, () => owner.merge(this.#news(document)));
    });
  }

  /** Takes in what others wrote; false if that takes a new look at all. */
  takeIn(changes: readonly StoreChange[]): boolean {
    let whole = true;
    for (const change of changes) {
      this.#guarded(change.doc, () => {
        if (!this.#take(change)) whole = false;
      });
    }
    return whole;
  }

  #take(change: StoreChange): boolean {
    const { owners, ledger } = this.parts;
    const { doc } = change;
    const owner = owners.find(({ prefix }) => doc.startsWith(prefix));
    if (change.kind === 'drop') {
      // What is wanted is written again with the versions that it had.
      if (owner?.dropped?.(doc)) return false;
      this.versions.forget(doc);
      ledger.forget(doc);
      return true;
    }
    if (!owner || !this.served.keeps(owner, doc)) return true;
    if (change.kind === 'set') {
      if (this.#isNews(doc, change.field, change.register)) owner.changed(change);
      return true;
    }
    if (change.kind === 'max' && !isPart(change.field)) {
      owner.changed(change);
      return true;
    }
    // Another version of the package gave back what the store had lost: that can only be read as a whole.
    if (change.kind === 'add' && isRestoredSum(change.field)) return false;
    const news =
      change.kind === 'add'
        ? ledger.addToSum(doc, change.field, change.by)
        : ledger.see(doc, change.field, change.value);
    if (news) owner.changed({ kind: 'add', doc, field: news.field, by: news.by });
    return true;
  }

  /** Puts into the outbox what the store lacks of what is known here. */
  async #restore(owner: DocumentOwner, stored: ReadonlyMap<string, StoredDocument>): Promise<void> {
    const { ledger, outbox } = this.parts;
    const put = (changes: readonly IdempotentChange[]): void => {
      for (const change of changes) outbox.put(change);
    };
    await forEachInChunks(owner.known?.() ?? [], (known) =>
      put(missingChanges(known, stored.get(known.doc), this.versions)),
    );
    await forEachInChunks(ledger.parts(owner.prefix), ([doc, parts]) => {
      const held = stored.get(doc);
      put(missingParts(doc, parts, held, earlierSums(held?.sums ?? {})));
    });
  }

  /** Of a stored document what was not known here. */
  #news({ doc, registers, maxima, sums }: StoredDocument): StoredDocument {
    const { ledger } = this.parts;
    const newer = Object.entries(registers).filter(([field, register]) => this.#isNews(doc, field, register));
    const counted: Record<string, number> = {};
    const count = (news: { field: string; by: number } | undefined): void => {
      if (news) counted[news.field] = (counted[news.field] ?? 0) + news.by;
    };
    for (const [field, total] of Object.entries(earlierSums(sums))) count(ledger.seeSum(doc, field, total));
    for (const [field, value] of Object.entries(maxima)) if (isPart(field)) count(ledger.see(doc, field, value));
    return {
      doc,
      registers: Object.fromEntries(newer),
      maxima: Object.fromEntries(Object.entries(maxima).filter(([field]) => !isPart(field))),
      sums: counted,
    };
  }

  #isNews(doc: string, field: string, register: StoredDocument['registers'][string]): boolean {
    const { unusable } = this.parts;
    if (!isSaneVersion(register.version)) {
      unusable.unreadable(doc, `the version of ${JSON.stringify(field.slice(0, 40))} is out of all bounds`);
      return false;
    }
    if (!this.versions.see(doc, field, register)) return false;
    if (isShallow(register.value, DEEPEST)) return true;
    unusable.unreadable(doc, `${JSON.stringify(field.slice(0, 40))} is nested too deeply`);
    return false;
  }

  /** Whatever is stored, and whoever wrote it: it must not stop this instance, nor keep it from the other documents. */
  #guarded(doc: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.parts.unusable.unreadable(doc, error instanceof Error ? error.name : 'it cannot be read');
    }
  }
}

/** What the stored document lacks of the known one: a store may have lost its data, or an earlier state may have come back. */
function missingChanges(
  { doc, registers, maxima }: KnownDocument,
  stored: StoredDocument | undefined,
  versions: RegisterVersions,
): IdempotentChange[] {
  const changes: IdempotentChange[] = [];
  for (const [field, value] of Object.entries(registers)) {
    const version = versions.get(doc, field);
    if (!version) continue;
    const register = { version: version.version, tie: version.tie, value };
    if (replaces(register, stored?.registers[field])) changes.push({ kind: 'set', doc, field, register });
  }
  for (const [field, value] of Object.entries(maxima)) {
    if (value > (stored?.maxima[field] ?? 0)) changes.push({ kind: 'max', doc, field, value });
  }
  return changes;
}

/** The parts of counts that the stored document lacks. */
function missingParts(
  doc: string,
  parts: Iterable<[name: string, value: number]>,
  stored: StoredDocument | undefined,
  sums: Readonly<Record<string, number>>,
): IdempotentChange[] {
  const changes: IdempotentChange[] = [];
  for (const [field, value] of parts) {
    const held = Math.max(stored?.maxima[field] ?? 0, field.startsWith('+~') ? (sums[field.slice(2)] ?? 0) : 0);
    if (value > held) changes.push({ kind: 'max', doc, field, value });
  }
  return changes;
}

/** Splits documents with many counts into parts, which can be merged one by one; everything else comes with the first part. */
export function* splitIntoParts(documents: Iterable<StoredDocument>): Iterable<StoredDocument> {
  for (const document of documents) {
    const { doc, registers, maxima, sums } = document;
    const counts = Object.entries(maxima).filter(([name]) => isPart(name));
    if (counts.length + Object.keys(sums).length <= PART_FIELDS) {
      yield document;
      continue;
    }
    yield {
      doc,
      registers,
      maxima: Object.fromEntries(Object.entries(maxima).filter(([name]) => !isPart(name))),
      sums,
    };
    for (let at = 0; at < counts.length; at += PART_FIELDS)
      yield { doc, registers: {}, maxima: Object.fromEntries(counts.slice(at, at + PART_FIELDS)), sums: {} };
  }
}
