import type { Clock } from '../../common/clock';
import { Timer } from '../../common/coalescing-timer';
import { getOrCreate } from '../../common/get-or-create';
import type { FieldChange, Json, StoredDocument } from '../../store/port/key-store';
import type { DocumentOwner, KnownDocument } from '../../store/sync/document-owner';
import type { StoreLink } from '../../store/sync/store-link';
import {
  BOUND,
  daysLeft,
  documentName,
  documentOf,
  isOver,
  keptClass,
  lastDay,
  takesIds,
  type BoundDocument,
} from './bound-documents';

/** The key that an object was made with. It stands for its account, whose name is noted where it is known. */
export interface Maker {
  readonly keyId: string;
  /** As the pool names it. */
  readonly account: string | undefined;
}

/** What of the link to the store is needed. */
export type BoundLink = Pick<StoreLink, 'put' | 'drop' | 'setAside' | 'shared' | 'up'>;

/** Ids per document: a change of a document costs as much as it has fields. */
const IDS_PER_DOCUMENT = 100;
/** Of each provider; the oldest makes room for a new one. */
const MOST_DOCUMENTS = 400;
/** Ids that are made within this time are written at once. Milliseconds. */
const GATHER_MS = 20;
const FIELD = /^[\w-]{8,64}$/;
const VALUE = /^([a-z0-9._-]{1,64})(?: (\S[^\n]{0,199}))?$/;

interface KnownId {
  readonly maker: Maker;
  readonly document: HeldDocument;
}

/** A document with the ids that are known to be in it. */
interface HeldDocument extends BoundDocument {
  readonly name: string;
  readonly ids: Set<string>;
}

/** What is known of the ids of one provider. */
class ProviderIds {
  readonly ids = new Map<string, KnownId>();
  /** By their names: instances that begin one at the same time give it the same number. */
  readonly documents = new Map<string, HeldDocument>();
  /** The latest document for each class of time. */
  readonly open = new Map<number, HeldDocument>();
  newest = 0;

  hold(document: BoundDocument): HeldDocument {
    this.newest = Math.max(this.newest, document.number);
    const name = documentName(document);
    return getOrCreate(this.documents, name, () => ({ ...document, name, ids: new Set() }));
  }

  note(id: string, maker: Maker, document: HeldDocument): void {
    const known = this.ids.get(id);
    // It has moved on to a later document.
    if (known && known.document.number > document.number) return;
    known?.document.ids.delete(id);
    document.ids.add(id);
    this.ids.set(id, { maker, document });
  }

  forget(document: HeldDocument): void {
    this.documents.delete(document.name);
    for (const [kept, open] of this.open) if (open === document) this.open.delete(kept);
    for (const id of document.ids) if (this.ids.get(id)?.document === document) this.ids.delete(id);
  }
}

/**
 * Which account made which object: known here, told to the other instances, and kept over a restart. It is bounded: documents of a hundred ids,
 * 400 of them per provider, each of which goes when what it holds has expired, or when newer ones need its place. An id that is used again
 * after half of them have come since moves on to the newest.
 */
export class BoundMemory implements DocumentOwner {
  readonly prefix = BOUND;
  readonly #providers = new Map<string, ProviderIds>();
  /** One object for all ids that were made with a key. */
  readonly #makers = new Map<string, Maker>();
  /** What is not in the outbox yet. */
  #gathered: { readonly id: string; readonly known: KnownId }[] = [];
  readonly #timer: Timer;
  /** Who waits for an id that another instance may be telling just now. */
  readonly #awaited = new Map<string, Set<() => void>>();

  constructor(
    private readonly link: BoundLink,
    private readonly clock: Clock,
  ) {
    this.#timer = new Timer(clock, GATHER_MS, () => this.#write());
  }

  /** The number of ids that are known of the provider. */
  count(provider: string): number {
    return this.#providers.get(provider)?.ids.size ?? 0;
  }

  providerOf(doc: string): string | undefined {
    return documentOf(doc)?.provider;
  }

  passedBy({ doc }: StoredDocument): void {
    if (isOver(documentOf(doc)!, this.clock.now())) this.link.drop(doc);
  }

  forget(provider: string): void {
    this.#providers.delete(provider);
    // They are found again as they are used.
    this.#makers.clear();
  }

  /** Who made the object; undefined where nobody knows. */
  find(provider: string, id: string): Maker | undefined {
    const ids = this.#providers.get(provider);
    const known = ids?.ids.get(id);
    if (!ids || !known || isOver(known.document, this.clock.now())) return undefined;
    if (known.document.number < ids.newest - MOST_DOCUMENTS / 2)
      this.#remember(provider, ids, id, known.maker, daysLeft(known.document, this.clock.now()));
    return known.maker;
  }

  /**
   * The same, but where the store is shared and the id is not known, it is waited for a moment: an instance that learned it just now tells it.
   * @param ms Milliseconds to wait at the most.
   */
  async findSoon(provider: string, id: string, ms: number): Promise<Maker | undefined> {
    const known = this.find(provider, id);
    if (known || !this.link.shared || !this.link.up) return known;
    const name = `${provider}\n${id}`;
    const waiters = getOrCreate(this.#awaited, name, () => new Set());
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        waiters.delete(done);
        if (waiters.size === 0) this.#awaited.delete(name);
        resolve();
      };
      const cancel = this.clock.after(ms, done, false);
      waiters.add(done);
    });
    return this.find(provider, id);
  }

  /** Remembers who made the object. @param keptDays For how long the vendor keeps it. */
  bind(provider: string, id: string, { keyId, account }: Maker, keptDays: number): void {
    const ids = getOrCreate(this.#providers, provider, () => new ProviderIds());
    const known = ids.ids.get(id);
    const maker = this.#makerOf(account === undefined ? keyId : `${keyId} ${account}`)!;
    if (known && known.maker === maker && !isOver(known.document, this.clock.now())) return;
    this.#remember(provider, ids, id, maker, keptDays);
  }

  merge({ doc, registers }: StoredDocument): void {
    const document = documentOf(doc);
    if (!document) return this.link.setAside(doc, 'a name that is none');
    if (isOver(document, this.clock.now())) return this.link.drop(doc);
    for (const [field, { value }] of Object.entries(registers)) this.#take(doc, document, field, value);
  }

  merged(): void {
    for (const ids of this.#providers.values()) this.#prune(ids);
  }

  changed(change: FieldChange): void {
    if (change.kind !== 'set') return;
    const document = documentOf(change.doc);
    if (!document) return this.link.setAside(change.doc, 'a name that is none');
    this.#take(change.doc, document, change.field, change.register.value);
    this.#prune(this.#providers.get(document.provider));
  }

  dropped(doc: string): boolean {
    const document = documentOf(doc);
    const ids = document && this.#providers.get(document.provider);
    const held = document && ids?.documents.get(doc);
    if (held) ids!.forget(held);
    return false;
  }

  *known(): Iterable<KnownDocument> {
    for (const { ids, documents } of this.#providers.values())
      for (const { name, ids: held } of documents.values()) {
        const registers: Record<string, Json> = {};
        for (const id of held) registers[id] = valueOf(ids.get(id)!.maker);
        yield { doc: name, registers, maxima: {} };
      }
  }

  /** What was gathered goes out, at the latest when the store closes. */
  collect(): boolean {
    this.#write();
    return false;
  }

  #remember(provider: string, ids: ProviderIds, id: string, maker: Maker, keptDays: number): void {
    const document = this.#open(provider, ids, keptClass(keptDays));
    ids.note(id, maker, document);
    this.#gathered.push({ id, known: { maker, document } });
    this.#timer.start();
    this.#prune(ids);
  }

  #open(provider: string, ids: ProviderIds, keptDays: number): HeldDocument {
    const now = this.clock.now();
    const open = ids.open.get(keptDays);
    const isRecent = open !== undefined && open.number > ids.newest - MOST_DOCUMENTS / 4;
    if (isRecent && open.ids.size < IDS_PER_DOCUMENT && takesIds(open, keptDays, now)) return open;
    const begun = ids.hold({ provider, number: ids.newest + 1, endsOn: lastDay(keptDays, now) });
    ids.open.set(keptDays, begun);
    return begun;
  }

  /** The oldest documents make room, and those go whose ids have expired. */
  #prune(ids: ProviderIds | undefined): void {
    if (!ids || ids.documents.size <= MOST_DOCUMENTS) return;
    const now = this.clock.now();
    const byAge = [...ids.documents.values()].sort((a, b) => a.number - b.number);
    const tooMany = byAge.length - MOST_DOCUMENTS;
    for (const [place, document] of byAge.entries()) {
      if (place >= tooMany && !isOver(document, now)) continue;
      ids.forget(document);
      this.link.drop(document.name);
    }
  }

  #take(doc: string, document: BoundDocument, field: string, value: Json): void {
    const maker = typeof value === 'string' ? this.#makerOf(value) : undefined;
    if (!maker || !FIELD.test(field)) return this.link.setAside(doc, 'an id that is none');
    const ids = getOrCreate(this.#providers, document.provider, () => new ProviderIds());
    ids.note(field, maker, ids.hold(document));
    for (const waiter of this.#awaited.get(`${document.provider}\n${field}`) ?? []) waiter();
  }

  #makerOf(value: string): Maker | undefined {
    const known = this.#makers.get(value);
    if (known) return known;
    const [, keyId, account] = VALUE.exec(value) ?? [];
    if (keyId === undefined) return undefined;
    const maker = { keyId, account };
    this.#makers.set(value, maker);
    return maker;
  }

  #write(): void {
    for (const { id, known } of this.#gathered.splice(0)) this.link.put(known.document.name, id, valueOf(known.maker));
  }
}

const valueOf = ({ keyId, account }: Maker): string => (account === undefined ? keyId : `${keyId} ${account}`);
