import { SLICE, yieldToEventLoop } from '../../common/event-loop';
import { within, type Line } from './line';
import { unpackChanges } from './packing';
import type { Batch } from './told-changes';

/** The server looks this long for new changes before it answers that there are none. */
const BLOCK_MS = 2_000;
const ENTRIES = 200;

/** What the data is, and how far it is. */
export interface Position {
  epoch: string;
  /** The number of the last batch. */
  seq: number;
  /** Its id in the stream. */
  last: string;
  /** The server's; another after a restart, or on another server. */
  run: string;
}

export interface ReaderListener {
  batch(batch: Batch): void;
  /** Changes may have been missed while connected. */
  missed(): void;
}

/** Follows the stream of changes from the last one seen, from line to line. */
export class ChangeReader {
  #position: Position | undefined;
  /** By elapsed time. */
  #greetedAt = 0;
  /** Changes told since the event loop last had its turn: after an outage there are many. */
  #told = 0;

  constructor(
    private readonly settings: { stream: string; writer: string; timeoutMs: number },
    private readonly listener: ReaderListener,
  ) {}

  /** Takes up where it was, or where the data is now; whether there may be a gap between. */
  arrive(now: Position): boolean {
    this.#greetedAt = performance.now();
    const was = this.#position;
    if (was?.epoch === now.epoch && was.run === now.run && was.seq <= now.seq) return false;
    this.#position = now;
    return was !== undefined;
  }

  /** Whether a write found other data than is followed. */
  isOtherData(epoch: string): boolean {
    return this.#position !== undefined && epoch !== this.#position.epoch;
  }

  /** Reads until the line is over; rejects with the reason. */
  async follow(line: Line, hello: () => Promise<Position>): Promise<never> {
    for (;;) await line.during(this.#read(line, hello));
  }

  async #read(line: Line, hello: () => Promise<Position>): Promise<void> {
    const from = this.#position!;
    const reading = line.reader.xread('COUNT', ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', this.settings.stream, from.last);
    const reply = await within(reading, BLOCK_MS + this.settings.timeoutMs);
    let isInOrder = true;
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      if (this.#told >= SLICE) {
        this.#told = 0;
        await yieldToEventLoop();
      }
      // A write may have found other data meanwhile: what was read is of the former.
      if (line.isOver || this.#position?.epoch !== from.epoch) return;
      isInOrder = this.#take(id, fields);
      if (!isInOrder) break;
    }
    // Data that was flushed or evicted tells nothing by itself.
    if (isInOrder && reply && performance.now() - this.#greetedAt < BLOCK_MS) return;
    const now = await hello();
    if (line.isOver) return;
    if (!isInOrder) this.#position = now;
    if (this.arrive(now) || !isInOrder) this.listener.missed();
  }

  /** False when the entry does not follow the one before, or cannot be read. */
  #take(id: string, fields: string[]): boolean {
    const { n, w, c } = Object.fromEntries(pairs(fields));
    const seq = Number(n);
    const changes = w === this.settings.writer ? [] : unpack(c);
    if (seq !== this.#position!.seq + 1 || !changes) return false;
    this.#position = { ...this.#position!, seq, last: id };
    this.#told += changes.length;
    this.listener.batch({ seq, changes });
    return true;
  }
}

function pairs(fields: readonly string[]): [string, string][] {
  return fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? '']] : []));
}

function unpack(packed: string | undefined): Batch['changes'] | undefined {
  try {
    return unpackChanges(packed ?? '');
  } catch {
    return undefined;
  }
}
