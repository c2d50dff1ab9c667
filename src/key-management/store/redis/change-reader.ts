import { SLICE, yieldToEventLoop } from '../../common/event-loop';
import type { Batch } from '../port/change-deduplicator';
import type { StoreChange } from '../port/key-store';
import type { RedisConnection } from './connection';
import type { RedisClient } from './source';
import { unpackChanges } from '../server/packed-changes';
import { regularPauseMs } from '../server/regular-pause';

/** Entries of the stream per read. */
const ENTRIES = 200;

/** Which data the server has, and how far the stream of changes was read. */
export interface Position {
  epoch: string;
  /** The number of the last batch. */
  seq: number;
  /** The id of the last batch in the stream. */
  last: string;
  /** The run id of the server, which differs after a restart or on another server. */
  run: string;
}

export interface ReaderListener {
  batch(batch: Batch): void;
  /** What was written for this instance alone. */
  letter(changes: readonly StoreChange[]): void;
  /** Changes may have been missed while connected. */
  missed(): void;
}

export interface ReaderSettings {
  /** What all are told. */
  readonly stream: string;
  /** What this instance alone is told. */
  readonly letters: string;
  readonly writer: string;
  readonly timeoutMs: number;
  readonly instances: () => number;
}

/** Follows the streams of changes from the last one that was read, from connection to connection. */
export class ChangeReader {
  #position: Position | undefined;
  /** The last letter that was read. What is read twice merges to the same. */
  #lastLetter = '0-0';
  /** By elapsed time, as of `performance.now()`. */
  #greetedAt = 0;
  /** Changes passed on since the event loop last had its turn: after an outage there are many. */
  #sinceYield = 0;

  constructor(
    private readonly settings: ReaderSettings,
    private readonly listener: ReaderListener,
  ) {}

  /** Goes on where it was, or where the data is now. Returns whether there may be a gap between the two. */
  arrive(now: Position): boolean {
    this.#greetedAt = performance.now();
    const was = this.#position;
    if (was?.epoch === now.epoch && was.run === now.run && was.seq <= now.seq) return false;
    this.#position = now;
    this.#lastLetter = '0-0';
    return was !== undefined;
  }

  /** Whether a write found other data than the reader follows. */
  isOtherData(epoch: string): boolean {
    return this.#position !== undefined && epoch !== this.#position.epoch;
  }

  /** Reads until the connection is over; rejects with the reason. */
  async follow(connection: RedisConnection, client: RedisClient, hello: () => Promise<Position>): Promise<never> {
    for (;;) await this.#read(connection, client, hello);
  }

  async #read(connection: RedisConnection, client: RedisClient, hello: () => Promise<Position>): Promise<void> {
    const from = this.#position!;
    const { stream, letters, timeoutMs, instances } = this.settings;
    // Then the server answers that there is nothing new.
    const blockMs = regularPauseMs(instances());
    const reply = await connection.run(
      () => client.xread('COUNT', ENTRIES, 'BLOCK', blockMs, 'STREAMS', stream, letters, from.last, this.#lastLetter),
      blockMs + timeoutMs,
    );
    let isInOrder = true;
    for (const [name, entries] of reply ?? []) {
      for (const [id, fields] of entries) {
        if (this.#sinceYield >= SLICE) {
          this.#sinceYield = 0;
          await yieldToEventLoop();
        }
        // A write may have found other data meanwhile: what was read belongs to the former data.
        if (connection.isOver || this.#position?.epoch !== from.epoch) return;
        // A client may put a prefix before all names.
        if (name.endsWith(letters)) this.#takeLetter(id, entryOf(fields));
        else isInOrder = this.#take(id, entryOf(fields));
        if (!isInOrder) break;
      }
    }
    // Data that was flushed or evicted causes no entry: only a greeting finds out.
    if (isInOrder && reply && performance.now() - this.#greetedAt < blockMs) return;
    const now = await hello();
    if (connection.isOver) return;
    if (!isInOrder) this.#position = now;
    if (this.arrive(now) || !isInOrder) this.listener.missed();
  }

  #takeLetter(id: string, { c }: Entry): void {
    this.#lastLetter = id;
    const changes = unpackChanges(c ?? '');
    if (!changes) return;
    this.#sinceYield += changes.length;
    this.listener.letter(changes);
  }

  /** Returns false when the entry does not follow the one before, or cannot be read. */
  #take(id: string, { n, w, c }: Entry): boolean {
    const seq = Number(n);
    const changes = w === this.settings.writer ? [] : unpackChanges(c ?? '');
    if (seq !== this.#position!.seq + 1 || !changes) return false;
    this.#position = { ...this.#position!, seq, last: id };
    this.#sinceYield += changes.length;
    this.listener.batch({ seq, changes });
    return true;
  }
}

/** A batch in a stream: its number, its writer, its packed changes. */
export interface Entry {
  readonly n?: string;
  readonly w?: string;
  readonly c?: string;
}

/** From fields and values in turn. */
export function entryOf(fields: readonly string[]): Entry {
  const entry: Record<string, string | undefined> = {};
  for (let i = 0; i < fields.length; i += 2) entry[fields[i]!] = fields[i + 1];
  return entry;
}
