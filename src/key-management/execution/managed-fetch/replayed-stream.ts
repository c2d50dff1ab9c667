import type { RequestBody } from './replayable-body';

/** Of one body. What is longer cannot be sent again once more than this of it was sent. Bytes. */
export const MOST_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * A streamed body that can be sent more than once: what attempts read of it is kept, up to a bound, and the next attempt begins with that.
 * The source is read no faster than the attempts read, and by one of them at a time.
 */
export class ReplayedStream implements RequestBody {
  failure: { readonly error: unknown } | undefined;
  readonly #source: AsyncIterator<unknown>;
  /** What was read of the source, from this chunk on. */
  readonly #kept: Uint8Array[] = [];
  #first = 0;
  /** Read in all. */
  #bytes = 0;
  #reading: Promise<Uint8Array | undefined> | undefined;
  #attempts = 0;
  #isOpen = false;
  #isOver = false;

  constructor(
    body: AsyncIterable<unknown>,
    private readonly mostKept = MOST_KEPT_BYTES,
  ) {
    this.#source = body[Symbol.asyncIterator]();
  }

  /** Some of it is gone, or will never come. */
  get once(): boolean {
    return this.#first > 0 || this.failure !== undefined;
  }

  /** The whole body for one more attempt. Those before it are over: they read no further. */
  get value(): ReadableStream<Uint8Array> {
    const attempt = ++this.#attempts;
    let place = 0;
    this.#isOpen = true;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.#chunk(place, attempt);
          place += 1;
          if (chunk) return controller.enqueue(chunk);
          controller.close();
          this.#closed(attempt);
        },
        cancel: () => {
          this.#closed(attempt);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** All of it at once, where it is within the bound. */
  async whole(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#bytes <= this.mostKept) if (!(await this.#read())) return Buffer.concat(this.#kept);
    return undefined;
  }

  /** The call is over. An answer may come before all of the body is sent: then that goes on. */
  ended(success: boolean): void {
    this.#isOver = true;
    if (!success) this.#isOpen = false;
    this.#cancelResponseBody();
  }

  #closed(attempt: number): void {
    if (attempt === this.#attempts) this.#isOpen = false;
    this.#cancelResponseBody();
  }

  #cancelResponseBody(): void {
    if (!this.#isOver || this.#isOpen) return;
    this.#attempts += 1;
    this.#kept.length = 0;
    // A file may be open behind it.
    void Promise.resolve(this.#source.return?.()).catch(() => undefined);
  }

  async #chunk(place: number, attempt: number): Promise<Uint8Array | undefined> {
    const chunk = this.#kept[place - this.#first] ?? (await (this.#reading ?? this.#read()));
    if (attempt !== this.#attempts || place < this.#first)
      throw new TypeError('The attempt that sends this body is over.');
    if (chunk && this.#bytes > this.mostKept) {
      this.#kept.splice(0, place + 1 - this.#first);
      this.#first = place + 1;
    }
    return chunk;
  }

  /** The next chunk of the source; undefined at its end. */
  #read(): Promise<Uint8Array | undefined> {
    this.#reading = this.#next().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.failure) throw this.failure.error;
    try {
      const next = await this.#source.next();
      if (next.done) return undefined;
      const chunk = bytesOf(next.value);
      this.#bytes += chunk.byteLength;
      this.#kept.push(chunk);
      return chunk;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('A streamed body consists of bytes (Uint8Array) or text.');
}
