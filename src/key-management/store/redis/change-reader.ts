import { SLICE, yieldToEventLoop } from '../../common/event-loop';
import type { Batch } from '../port/change-deduplicator';
import type { RedisConnection } from './connection';
import { unpackChanges } from '../server/packed-changes';

/** The server waits this long for new changes before it answers that there are none. Milliseconds. */
const BLOCK_MS = 2_000;
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
  /** Changes may have been missed while connected. */
  missed(): void;
}

/** Follows the stream of changes from the last one that was read, from connection to connection. */
export class ChangeReader {
  #position: Position | undefined;
  /** By elapsed time, as of `performance.now()`. */
  #greetedAt = 0;
  /** Changes passed on since the event loop last had its turn: after an outage there are many. */
  #sinceYield = 0;

  constructor(
    private readonly settings: { stream: string; writer: string; timeoutMs: number },
    private readonly listener: ReaderListener,
  ) {}

  /** Goes on where it was, or where the data is now. Returns whether there may be a gap between the two. */
  arrive(now: Position): boolean {
    this.#greetedAt = performance.now();
    const was = this.#position;
    if (was?.epoch === now.epoch && was.run === now.run && was.seq <= now.seq) return false;
    this.#position = now;
    return was !== undefined;
  }

  /** Whether a write found other data than the reader follows. */
  isOtherData(epoch: string): boolean {
    return this.#position !== undefined && epoch !== this.#position.epoch;
  }

  /** Reads until the connection is over; rejects with the reason. */
  async follow(connection: RedisConnection, hello: () => Promise<Position>): Promise<never> {
    for (;;) await this.#read(connection, hello);
  }

  async #read(connection: RedisConnection, hello: () => Promise<Position>): Promise<void> {
    const from = this.#position!;
    const { stream, timeoutMs } = this.settings;
    const reply = await connection.run(
      () => connection.reader.xread('COUNT', ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', stream, from.last),
      BLOCK_MS + timeoutMs,
    );
    let isInOrder = true;
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      if (this.#sinceYield >= SLICE) {
        this.#sinceYield = 0;
        await yieldToEventLoop();
      }
      // A write may have found other data meanwhile: what was read belongs to the former data.
      if (connection.isOver || this.#position?.epoch !== from.epoch) return;
      isInOrder = this.#take(id, fields);
      if (!isInOrder) break;
    }
    // Data that was flushed or evicted causes no entry: only a greeting finds out.
    if (isInOrder && reply && performance.now() - this.#greetedAt < BLOCK_MS) return;
    const now = await hello();
    if (connection.isOver) return;
    if (!isInOrder) this.#position = now;
    if (this.arrive(now) || !isInOrder) this.listener.missed();
  }

  /** Returns false when the entry does not follow the one before, or cannot be read. */
  #take(id: string, fields: string[]): boolean {
    const entry: Record<string, string | undefined> = {};
    for (let i = 0; i < fields.length; i += 2) entry[fields[i]!] = fields[i + 1];
    const seq = Number(entry.n);
    const changes = entry.w === this.settings.writer ? [] : unpackChanges(entry.c ?? '');
    if (seq !== this.#position!.seq + 1 || !changes) return false;
    this.#position = { ...this.#position!, seq, last: id };
    this.#sinceYield += changes.length;
    this.listener.batch({ seq, changes });
    return true;
  }
}
