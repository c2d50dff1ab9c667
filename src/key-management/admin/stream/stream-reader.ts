/** What is used of a Node response. */
export interface Sink {
  write(chunk: string | Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  readonly writableNeedDrain: boolean;
  readonly writableLength: number;
  on(event: 'close' | 'drain' | 'error', listener: () => void): unknown;
}

/** More than this waiting in a reader's socket, and nothing is added. Bytes. */
const FULL_BYTES = 16_384;

/** One open stream: a place in the log, and no queue of its own. */
export class StreamReader {
  /** When it was first found too slow to take more; milliseconds since the epoch. */
  stalledSince: number | undefined;

  constructor(
    readonly sink: Sink,
    /** The last entry it was sent. */
    public sentId: number,
    /** Milliseconds since the epoch. */
    readonly openedAt: number,
  ) {}

  get isFull(): boolean {
    return this.sink.writableNeedDrain || this.sink.writableLength > FULL_BYTES;
  }

  write(chunk: string | Uint8Array): void {
    this.sink.write(chunk);
  }
}
