import { createHash } from 'node:crypto';
import type { Clock } from '../common/clock';
import { forEachInChunks } from '../common/event-loop';
import { getOrCreate } from '../common/get-or-create';
import { HISTORY_ROWS, HOUR_MS, SpendingHistory, type HistoryRow } from '../forecast/spending-history';
import type { StoredDocument } from '../store/port/key-store';
import type { DocumentOwner } from '../store/sync/document-owner';
import type { StoreLink } from '../store/sync/store-link';

/** A document for each thing that can run out: `spending/<provider>/<mark>`, with a register for each row of its history. */
const SPENDING = 'spending/';
/** What was spent is written this often where something was, and all that is known each hour. Milliseconds. */
const WRITE_MS = 10 * 60_000;
const MINUTE_MS = 60_000;

/** The history of one thing, for whoever reads what is spent of it. */
export interface KeptHistory {
  readonly history: SpendingHistory;
  /** Something was spent since it was last due. */
  isNews: boolean;
  /** Somebody reads what is spent. */
  isUsed: boolean;
  /** What is read here the other instances may not see. */
  isOwn: boolean;
}

/** The same, and what of it was written. */
interface Kept extends KeptHistory {
  readonly doc: string;
  /** A number from 0 to 1, another for each: not all are due at once. */
  readonly shift: number;
  /** The latest turns in which it was due. */
  turn: number;
  hour: number;
  /** The store has it, or it was due. */
  isStored: boolean;
}

/** What is to be written of one thing; without rows, that it is not known any more. */
interface DueHistory {
  readonly kept: Kept;
  readonly rows: readonly HistoryRow[];
}

/**
 * The histories of all that can run out, kept in the store so that forecasts go on after a restart. All instances see the same sums, so one of them
 * writes them; only what headers say each sees by itself. A row is as long however many calls there were, and is written as often. A thing of which
 * nothing was spent in a week has none.
 */
export class SpendingHistories implements DocumentOwner {
  readonly prefix = SPENDING;
  /** By provider, and by the mark of the thing. */
  readonly #kept = new Map<string, Map<string, Kept>>();

  constructor(
    private readonly link: Pick<StoreLink, 'own' | 'put' | 'drop' | 'setAside' | 'offsetMs'>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    link.own(this);
  }

  /**
   * The history of one thing that somebody reads from now on.
   * @param name The same on all instances.
   * @param isOwn Whether other instances may not see what is read here.
   */
  use(provider: string, name: string, isOwn: boolean): KeptHistory {
    const kept = this.#of(provider, createHash('sha256').update(name).digest('hex').slice(0, 24));
    return Object.assign(kept, { isUsed: true, isOwn });
  }

  /** What is due to be written. What is not known any more is forgotten. */
  async takeDue(): Promise<readonly DueHistory[]> {
    const now = this.clock.now();
    const due: DueHistory[] = [];
    for (const kepts of this.#kept.values())
      await forEachInChunks(kepts, ([mark, kept]) => {
        const { isNews } = kept;
        const [turn, hour] = [turnOf(now, WRITE_MS, kept), turnOf(now, HOUR_MS, kept)];
        if (turn === kept.turn) return;
        const isHour = hour !== kept.hour;
        [kept.turn, kept.hour, kept.isNews] = [turn, hour, false];
        if (kept.history.hasSpent(now)) {
          if (kept.isUsed && (isNews || isHour)) due.push({ kept, rows: isHour ? HISTORY_ROWS : ['fine'] });
          kept.isStored = true;
          return;
        }
        if (kept.isStored) due.push({ kept, rows: [] });
        kept.isStored = false;
        kept.history.clear();
        if (!kept.isUsed) kepts.delete(mark);
      });
    return due;
  }

  /** @param isLeader Whether this instance writes what all of them see. */
  write(due: Iterable<DueHistory>, isLeader: boolean): Promise<void> {
    return forEachInChunks(due, ({ kept, rows }) => {
      if (!isLeader && !kept.isOwn) return;
      if (rows.length === 0) this.link.drop(kept.doc, 'nobody');
      else this.#write(kept, rows);
    });
  }

  /** At the end of the app, all that is known. @param isLeader As above. */
  writeAll(isLeader: boolean): void {
    const now = this.clock.now();
    for (const kepts of this.#kept.values())
      for (const kept of kepts.values())
        if (kept.isUsed && (isLeader || kept.isOwn) && kept.history.hasSpent(now)) this.#write(kept, HISTORY_ROWS);
  }

  providerOf(doc: string): string | undefined {
    return doc.split('/')[1];
  }

  placesOf(provider: string): readonly string[] {
    return [`${SPENDING}${provider}/`];
  }

  forget(provider: string): void {
    this.#kept.delete(provider);
  }

  changed(): void {
    // What another instance has seen, this one has seen as well: rows are read at the start.
  }

  merge(document: StoredDocument): void {
    const { doc } = document;
    const [, provider = '', mark = ''] = doc.split('/');
    const kept = this.#of(provider, mark);
    kept.isStored = true;
    if (!this.#take(kept.history, document)) this.link.setAside(doc, 'a history of spending that is none');
  }

  /** Of a provider that is not served here: what is too old to be of use is dropped. */
  passedBy(document: StoredDocument): void {
    const history = new SpendingHistory();
    if (this.#take(history, document) && !history.hasSpent(this.clock.now())) this.link.drop(document.doc, 'nobody');
  }

  #take(history: SpendingHistory, { registers }: StoredDocument): boolean {
    let isSound = true;
    for (const name of HISTORY_ROWS) {
      const row = registers[name]?.value;
      if (row !== undefined && !(Array.isArray(row) && history.take(name, row, this.clock.now()))) isSound = false;
    }
    return isSound;
  }

  #write({ doc, history }: Kept, rows: readonly HistoryRow[]): void {
    const now = this.clock.now();
    // The version is by the clock: what others wrote of it is not read.
    const atLeast = Math.floor((now + this.link.offsetMs) / MINUTE_MS);
    for (const name of rows) this.link.put(doc, name, history.row(name, now), { to: 'nobody', atLeast });
  }

  #of(provider: string, mark: string): Kept {
    const kepts = getOrCreate(this.#kept, provider, () => new Map<string, Kept>());
    return getOrCreate(kepts, mark, () => {
      const [now, shift] = [this.clock.now(), Number.parseInt(mark.slice(0, 4), 16) / 0x10000 || 0];
      return {
        doc: `${SPENDING}${provider}/${mark}`,
        history: new SpendingHistory(),
        shift,
        turn: turnOf(now, WRITE_MS, { shift }),
        hour: turnOf(now, HOUR_MS, { shift }),
        isNews: false,
        isUsed: false,
        isOwn: false,
        isStored: false,
      };
    });
  }
}

const turnOf = (now: number, ms: number, { shift }: Pick<Kept, 'shift'>): number => Math.floor(now / ms + shift);
