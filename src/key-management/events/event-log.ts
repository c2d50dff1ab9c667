import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Subject, type Observable, type Subscription } from 'rxjs';
import type { Clock } from '../common/clock';
import { CLOCK } from '../key-management.constants';
import { isGrouped, type KeyEvent, type KeyEventType } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import { EventRing } from './event-ring';

/** What an administrator asked for, and what came of it. Never holds a key. */
export interface AdminActionRecord {
  readonly action: string;
  /** The role that asked, and the address it asked from. */
  readonly role?: string;
  readonly address?: string;
  readonly provider?: string;
  readonly keyId?: string;
  /** Of an act on many keys: which it was, and how many keys met what. */
  readonly bulkAction?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly result: 'ok' | 'refused' | 'failed';
  /** The HTTP status of the answer. */
  readonly status: number;
}

/** `id` grows by one with each entry. */
export type LogEntry =
  | { readonly id: number; readonly type: KeyEventType; readonly at: Date; readonly event: KeyEvent }
  | { readonly id: number; readonly type: 'admin_action'; readonly at: Date; readonly action: AdminActionRecord }
  /** What was stored was found damaged; `reason` says what, and what was done. */
  | { readonly id: number; readonly type: 'store_damaged'; readonly at: Date; readonly reason: string };
export type LogEntryType = LogEntry['type'];

export interface EventQuery {
  readonly limit: number;
  /** Only entries older than this id. */
  readonly before?: number;
  readonly provider?: string;
  readonly type?: LogEntryType;
}

/** An entry before it is numbered. */
export type UnnumberedEntry = LogEntry extends infer E ? (E extends LogEntry ? Omit<E, 'id'> : never) : never;

/** Entries; about 300 bytes each. */
const CAPACITY = 5_000;

/**
 * The latest changes of keys and acts of administrators, in memory. It leaves out what was restored from a store, since nothing changed, and
 * the keys that the configuration names, since every start repeats them and many keys would push out everything else.
 */
@Injectable()
export class EventLog implements OnModuleDestroy {
  readonly #ring = new EventRing<LogEntry>(CAPACITY);
  readonly #subscription: Subscription;
  readonly #appended = new Subject<LogEntry>();
  #isLive = false;

  /** Every new entry, in the tick in which it was appended. */
  readonly appended$: Observable<LogEntry> = this.#appended.asObservable();

  constructor(
    pools: KeyPoolService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#subscription = pools.events$.subscribe((event) => {
      if (isNews(event)) this.append({ type: event.type, at: event.at, event });
    });
  }

  /** Whether something was logged since the start: a log that is restored later is ignored. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Id of the newest entry; 0 before the first. */
  get lastId(): number {
    return this.#ring.lastId;
  }

  /** Id of the oldest entry that is still known. */
  get firstId(): number {
    return this.#ring.firstId;
  }

  onModuleDestroy(): void {
    this.#subscription.unsubscribe();
    this.#appended.complete();
  }

  recordAction(action: AdminActionRecord): void {
    this.append({ type: 'admin_action', at: new Date(this.clock.now()), action });
  }

  /** What was stored was found damaged. */
  recordDamage(reason: string): void {
    this.append({ type: 'store_damaged', at: new Date(this.clock.now()), reason });
  }

  /** @internal Adds an entry, also one of another instance that shares the store. */
  append(entry: UnnumberedEntry): void {
    this.#isLive = true;
    const numbered = numberedAs(this.#ring.lastId + 1, entry);
    this.#ring.append(numbered);
    this.#appended.next(numbered);
  }

  /** @internal Takes up the log of an earlier life, whose newest entry had that id. */
  restore(entries: readonly UnnumberedEntry[], lastId: number): void {
    if (!this.#isLive) this.#ring.fill(entries, lastId);
  }

  entry(id: number): LogEntry | undefined {
    return this.#ring.get(id);
  }

  /** Newest first. */
  latest({ limit, before = Infinity, provider, type }: EventQuery): LogEntry[] {
    const found: LogEntry[] = [];
    for (let id = Math.min(this.lastId, before - 1); id > 0 && found.length < limit; id -= 1) {
      const entry = this.#ring.get(id);
      if (!entry) break;
      if (provider !== undefined && providerOf(entry) !== provider) continue;
      if (type === undefined || entry.type === type) found.push(entry);
    }
    return found;
  }
}

function isNews(event: KeyEvent): boolean {
  if (event.by === 'store') return false;
  if (isGrouped(event)) return false;
  // A dead key that a re-check finds dead again, or a longer cooldown: when it ends is in the key's status, and is no change to be read of.
  if (event.type === 'status_changed') return event.from !== event.to;
  return !(event.type === 'key_added' && event.by === 'configuration');
}

/** Field by field: what is spread gets a hidden class of its own, which is larger than the entry. */
function numberedAs(id: number, entry: UnnumberedEntry): LogEntry {
  if ('event' in entry) return { id, type: entry.type, at: entry.at, event: entry.event };
  if ('action' in entry) return { id, type: entry.type, at: entry.at, action: entry.action };
  return { id, type: entry.type, at: entry.at, reason: entry.reason };
}

function providerOf(entry: LogEntry): string | undefined {
  if ('event' in entry) return entry.event.provider;
  return 'action' in entry ? entry.action.provider : undefined;
}
