import { getOrCreate } from '../common/get-or-create';
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../common/clock';
import { CLOCK, INSTANCE_ID } from '../key-management.constants';
import type { DocumentOwner, KnownDocument } from '../store/sync/document-owner';
import type { FieldChange, Json, StoredDocument } from '../store/port/key-store';
import { PersistenceService } from '../store/persistence.service';
import { EventLog, type LogEntry } from './event-log';
import { readRecord, recordOf, type StoredEntry } from './event-record';

/** Documents of a hundred entries: `events/<instance>/<key or action><number>`. */
const EVENTS = 'events/';
const ENTRIES_PER_DOCUMENT = 100;
/** Entries of each family that are kept at least; the acts of administrators apart, so that no storm of keys covers them. */
const KEPT = 500;
const KEPT_DOCUMENTS = KEPT / ENTRIES_PER_DOCUMENT + 1;

type Family = 'key' | 'action';
const FAMILIES = ['key', 'action'] as const satisfies readonly Family[];

/** Keeps the event log in the store over restarts, and adds what administrators did on other instances. */
@Injectable()
export class EventArchiveService implements DocumentOwner {
  readonly prefix = EVENTS;
  readonly #link: PersistenceService['link'];
  readonly #startedAt: number;
  readonly #pending: Record<Family, LogEntry[]> = { key: [], action: [] };
  readonly #written: Record<Family, number> = { key: 0, action: 0 };
  readonly #ownDocuments = new Map<string, Record<string, Json>>();
  readonly #damages: string[] = [];
  /** Entries that the store held at the start. */
  #restored: StoredEntry[] = [];
  readonly #documentsOfOtherInstances = new Map<string, { family: Family; newest: number; count: number }>();

  constructor(
    private readonly log: EventLog,
    persistence: PersistenceService,
    @Inject(CLOCK) clock: Clock,
    @Inject(INSTANCE_ID) private readonly instanceId: string,
  ) {
    this.#link = persistence.link;
    this.#startedAt = clock.now();
    this.#link.own(this);
    persistence.damages$.subscribe((reason) => {
      if (this.#link.isLoaded) log.recordDamage(reason);
      else this.#damages.push(reason);
    });
    log.appended$.subscribe((entry) => {
      if (this.#isOurs(entry)) this.#keep(entry);
    });
  }

  merge({ doc, registers }: StoredDocument): void {
    const entries = Object.values(registers).flatMap(({ value }) => {
      const read = readRecord(value);
      if (!read) this.#link.setAside(doc, 'an entry that is none');
      return read ?? [];
    });
    const family = familyOf(doc);
    if (entries.length === 0 || !family || this.#ownDocuments.has(doc)) return;
    const newest = Math.max(...entries.map(({ entry }) => entry.at.getTime()));
    this.#documentsOfOtherInstances.set(doc, { family, newest, count: entries.length });
    if (this.log.isLive) {
      // Missed while the store was away; what is older was not restored when it should have been.
      for (const { entry } of entries) if (entry.at.getTime() >= this.#startedAt) this.#append(entry);
      return;
    }
    this.#restored.push(...entries);
    this.#restored.sort((a, b) => a.entry.at.getTime() - b.entry.at.getTime() || a.id - b.id);
    const lastId = this.#restored.reduce((last, { id }) => Math.max(last, id), this.#restored.length);
    this.log.restore(
      this.#restored.map(({ entry }) => entry),
      lastId,
    );
  }

  /** What was found damaged at the start comes after what was restored. */
  merged(): void {
    for (const reason of this.#damages.splice(0)) this.log.recordDamage(reason);
  }

  changed(change: FieldChange): void {
    if (change.kind !== 'set') return;
    const read = readRecord(change.register.value);
    // The change feed of the keys brings their events, and sooner.
    if (read?.entry.type === 'admin_action') this.#append(read.entry);
  }

  *known(): Iterable<KnownDocument> {
    for (const [doc, registers] of this.#ownDocuments) yield { doc, registers, maxima: {} };
  }

  collect(): boolean {
    for (const family of FAMILIES) {
      for (const entry of this.#pending[family].splice(0)) this.#write(family, entry);
    }
    if (this.#documentsOfOtherInstances.size > 0) this.#dropOldDocuments();
    return false;
  }

  /** Entries that another instance wrote, or that were written before the start, are not written again. */
  #isOurs(entry: LogEntry): boolean {
    if (this.#appending) return false;
    if (!('event' in entry)) return true;
    const { event } = entry;
    if (event.by === 'instance') return false;
    // What every start repeats would push out the entries that matter.
    return !(
      (event.type === 'key_added' && event.by === 'configuration') ||
      (event.type === 'status_changed' && event.from === 'unchecked' && event.to === 'healthy')
    );
  }

  #appending = false;
  #append(entry: StoredEntry['entry']): void {
    this.#appending = true;
    try {
      this.log.append(entry);
    } finally {
      this.#appending = false;
    }
  }

  #keep(entry: LogEntry): void {
    this.#restored = [];
    const pending = this.#pending['event' in entry ? 'key' : 'action'];
    // With the store away, or in a storm, only what would be kept anyhow.
    if (pending.push(entry) > 2 * KEPT) pending.splice(0, KEPT);
    this.#link.statisticsPending();
  }

  #write(family: Family, entry: LogEntry): void {
    const number = this.#written[family]++;
    const chunk = Math.floor(number / ENTRIES_PER_DOCUMENT);
    const doc = this.#docOf(family, chunk);
    const registers = getOrCreate(this.#ownDocuments, doc, (): Record<string, Json> => ({}));
    const field = String(number);
    registers[field] = recordOf(entry);
    // What became of keys the others hear by the keys themselves.
    this.#link.put(doc, field, registers[field], { to: family === 'action' ? 'all' : 'nobody' });
    const old = this.#docOf(family, chunk - KEPT_DOCUMENTS);
    if (this.#ownDocuments.delete(old)) this.#link.drop(old, 'nobody');
  }

  /** Drops documents of earlier runs and of other instances once newer ones hold enough entries. */
  #dropOldDocuments(): void {
    for (const family of FAMILIES) {
      let count = 0;
      const documents = [...this.#documentsOfOtherInstances].filter(([, each]) => each.family === family);
      for (const [doc, each] of documents.sort(([, a], [, b]) => b.newest - a.newest)) {
        if (count >= KEPT) this.#link.drop(doc, 'nobody');
        count += each.count;
      }
    }
    this.#documentsOfOtherInstances.clear();
  }

  #docOf(family: Family, chunk: number): string {
    return `${EVENTS}${this.instanceId}/${family}${chunk}`;
  }
}

function familyOf(doc: string): Family | undefined {
  const name = doc.split('/')[2];
  return FAMILIES.find((family) => name?.startsWith(family));
}
