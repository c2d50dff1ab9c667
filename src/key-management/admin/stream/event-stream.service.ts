import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { EventLog } from '../../events/event-log';
import type { Clock } from '../../common/clock';
import { Timer } from '../../common/coalescing-timer';
import { CLOCK, INSTANCE_ID } from '../../key-management.constants';
import { entryText, GREETING, heartbeatText, resetText, resumeAfter } from './sse-text';
import { StreamReader, type Sink } from './stream-reader';

/** Milliseconds. */
export const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for this long is let go, and comes back for what it missed. Milliseconds. */
const STALLED_MS = 60_000;
/** After this long a reader is to show again that it may read; it comes back for what it missed. Milliseconds. */
const LONGEST_MS = 60 * 60_000;
/** Readers served before others have their turn: a thousand at once would hold up the calls. */
const READERS_AT_ONCE = 100;
/** Open streams of one instance. */
const MAX_READERS = 5_000;

/**
 * The log, live, to any number of readers. Each has its place in the log's ring and no queue: one that is overtaken, or takes nothing
 * for a minute, is closed, and catches up from `Last-Event-ID` when it comes back.
 */
@Injectable()
export class EventStreamService implements OnModuleDestroy {
  readonly #readers = new Set<StreamReader>();
  readonly #logName: string;
  /** Entries as bytes, for the readers of one round. */
  readonly #encoded = new Map<number, Buffer>();
  #isServing = false;
  #isClosed = false;
  readonly #heartbeats: Timer;

  constructor(
    private readonly log: EventLog,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(INSTANCE_ID) instanceId: string,
  ) {
    this.#logName = instanceId.slice(0, 8);
    this.#heartbeats = new Timer(clock, HEARTBEAT_MS, () => this.#heartbeat());
    log.appended$.subscribe(() => this.#serveSoon());
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** False where no further reader is taken. */
  get isOpen(): boolean {
    return !this.#isClosed && this.#readers.size < MAX_READERS;
  }

  /** Serves the reader from now on, from where it says it was. Its headers are sent already. */
  add(sink: Sink, lastEventId: string | undefined): void {
    const { firstId, lastId } = this.log;
    const after = resumeAfter(lastEventId, { id: this.#logName, firstId, lastId });
    const reader = new StreamReader(sink, after ?? lastId, this.clock.now());
    const leave = (): void => this.#remove(reader);
    sink.on('close', leave);
    sink.on('error', leave);
    sink.on('drain', () => {
      reader.stalledSince = undefined;
      this.#serve(reader);
    });
    this.#readers.add(reader);
    reader.write(after === undefined ? GREETING + resetText(lastId, this.#logName) : GREETING);
    this.#serve(reader);
    this.#heartbeats.start();
  }

  onModuleDestroy(): void {
    this.end();
  }

  /** Ends every stream and opens no more. For apps that wait for their open requests: a stream never ends by itself. */
  end(): void {
    this.#isClosed = true;
    this.#heartbeats.stop();
    // One that cannot take even the end would hold up the app's.
    for (const { sink, isFull } of this.#readers)
      if (isFull) sink.destroy();
      else sink.end();
    this.#readers.clear();
  }

  /** Not in the tick of the event, which may be a call's. */
  #serveSoon(): void {
    if (this.#isServing || this.#readers.size === 0) return;
    this.#isServing = true;
    setImmediate(() => this.#round([...this.#readers]));
  }

  #round(readers: readonly StreamReader[]): void {
    for (const reader of readers.slice(0, READERS_AT_ONCE)) this.#serve(reader);
    if (readers.length > READERS_AT_ONCE) {
      setImmediate(() => this.#round(readers.slice(READERS_AT_ONCE)));
      return;
    }
    this.#isServing = false;
    this.#encoded.clear();
    // What came meanwhile, or a burst that filled the sockets of no one.
    for (const reader of this.#readers) {
      if (reader.sentId >= this.log.lastId || reader.isFull) continue;
      this.#serveSoon();
      return;
    }
  }

  /** Sends what the reader has not had, as far as it takes it. */
  #serve(reader: StreamReader): void {
    while (reader.sentId < this.log.lastId && this.#readers.has(reader)) {
      if (reader.sentId < this.log.firstId - 1) {
        this.#drop(reader);
        return;
      }
      if (reader.isFull) {
        reader.stalledSince ??= this.clock.now();
        return;
      }
      reader.sentId += 1;
      reader.write(this.#bytesOf(reader.sentId));
    }
  }

  #bytesOf(id: number): Buffer {
    const known = this.#encoded.get(id);
    if (known) return known;
    const bytes = Buffer.from(entryText(this.log.entry(id)!, this.#logName));
    if (this.#isServing) this.#encoded.set(id, bytes);
    return bytes;
  }

  #heartbeat(): void {
    const now = this.clock.now();
    const text = Buffer.from(heartbeatText(now));
    for (const reader of [...this.#readers]) {
      if (reader.isFull) {
        reader.stalledSince ??= now;
        if (now - reader.stalledSince >= STALLED_MS) this.#drop(reader);
      } else if (now - reader.openedAt >= LONGEST_MS) {
        this.#remove(reader);
        reader.sink.end();
      } else {
        reader.write(text);
      }
    }
    if (this.#readers.size > 0) this.#heartbeats.start();
  }

  #drop(reader: StreamReader): void {
    this.#remove(reader);
    // Not an end: it would wait behind what the reader does not take.
    reader.sink.destroy();
  }

  #remove(reader: StreamReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#heartbeats.stop();
  }
}
