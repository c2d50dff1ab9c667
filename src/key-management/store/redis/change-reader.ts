import { SLICE, turnOfTheLoop } from '../../slices';
import { unpackChanges } from './packing';
import type { Batch } from './told-changes';
import { within, type Connections, type RedisClient } from './connections';

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
  /** The server's; another after a restart. */
  run: string;
}

export interface ReaderListener {
  /** Connected; `missed` when changes may have been, or data was lost. */
  up(missed: boolean): void;
  down(): void;
  batch(batch: Batch): void;
  /** Changes may have been missed while connected. */
  missed(): void;
  failed(error: unknown): void;
}

/** Follows the stream of changes from the last one seen, through reconnects. */
export class ChangeReader {
  private position: Position | undefined;
  private isUp = false;
  private session = 0;
  /** By elapsed time. */
  private greetedAt = 0;
  /** Changes told since the event loop last had its turn: after an outage there are many. */
  private told = 0;

  private readonly client: RedisClient;

  constructor(
    private readonly connections: Connections,
    private readonly settings: { stream: string; writer: string; timeoutMs: number },
    private readonly hello: () => Promise<Position>,
    private readonly listener: ReaderListener,
  ) {
    this.client = connections.reader;
  }

  start(): void {
    this.client.on('ready', () => void this.follow());
    this.client.on('close', () => this.lost());
    for (const client of [this.connections.commands, this.client]) {
      client.on('error', (error) => this.listener.failed(error));
      client.connect().catch((error: unknown) => this.listener.failed(error));
    }
  }

  stop(): void {
    this.session += 1;
    this.isUp = false;
  }

  /** Looks again soon whether the data is still the same. */
  suspect(epoch: string): void {
    if (this.position && epoch !== this.position.epoch) this.greetedAt = -Infinity;
  }

  private lost(): void {
    this.session += 1;
    if (this.isUp) this.listener.down();
    this.isUp = false;
  }

  /** From one connect to the next; what an answer of an earlier one says is no longer of use. */
  private async follow(): Promise<void> {
    const session = ++this.session;
    const isOver = (): boolean => session !== this.session;
    try {
      const missed = await this.arrive(isOver);
      if (isOver()) return;
      this.isUp = true;
      this.listener.up(missed);
      while (!isOver()) await this.read(isOver);
    } catch (error) {
      if (isOver()) return;
      this.listener.failed(error);
      // The connection stands but does not answer as it should: begin with a new one.
      this.client.disconnect(true);
    }
  }

  /** Takes up where it was, or where the data is now; whether there may be a gap between. */
  private async arrive(isOver: () => boolean): Promise<boolean> {
    const now = await this.hello();
    this.greetedAt = performance.now();
    const was = this.position;
    const same = was?.epoch === now.epoch && was.run === now.run && was.seq <= now.seq;
    if (same || isOver()) return false;
    this.position = now;
    return was !== undefined;
  }

  private async read(isOver: () => boolean): Promise<void> {
    const from = this.position!.last;
    const reading = this.client.xread('COUNT', ENTRIES, 'BLOCK', BLOCK_MS, 'STREAMS', this.settings.stream, from);
    const reply = await within(reading, BLOCK_MS + this.settings.timeoutMs);
    for (const [id, fields] of reply?.[0]?.[1] ?? []) {
      if (this.told >= SLICE) {
        this.told = 0;
        await turnOfTheLoop();
      }
      if (isOver()) return;
      if (!this.take(id, fields)) {
        const now = await this.hello();
        if (isOver()) return;
        this.position = now;
        this.listener.missed();
        return;
      }
    }
    // Data that was flushed or evicted tells nothing by itself.
    if (reply && performance.now() - this.greetedAt < BLOCK_MS) return;
    if (await this.arrive(isOver)) this.listener.missed();
  }

  /** False when the entry does not follow the one before, or cannot be read. */
  private take(id: string, fields: string[]): boolean {
    const { n, w, c } = Object.fromEntries(pairs(fields));
    const seq = Number(n);
    const changes = w === this.settings.writer ? [] : unpack(c);
    if (seq !== this.position!.seq + 1 || !changes) return false;
    this.position = { ...this.position!, seq, last: id };
    this.told += changes.length;
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
