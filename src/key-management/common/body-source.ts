export type Chunk = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/** The least of a stream of bytes that it takes to read a body, or to leave it. A `ReadableStream` is one. */
export interface ByteStream {
  readonly locked: boolean;
  getReader(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>;
  cancel(reason?: unknown): Promise<void>;
}

/**
 * The chunks of a body that was begun to be read and goes on with another reader. A reader may look at the next chunk without taking it, so
 * that a read under way is left to the next reader, and may give chunks back, to be read again.
 */
export class BodySource {
  readonly #reader: ReturnType<ByteStream['getReader']>;
  #returned: Uint8Array[] = [];
  #next: Promise<Chunk> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(body: ByteStream) {
    this.#reader = body.getReader();
  }

  /** Looks at the next chunk of the stream. Until it is taken, each look is at the same chunk. */
  peek(): Promise<Chunk> {
    return (this.#next ??= this.#reader.read());
  }

  /** Takes the chunk that {@link peek} showed. */
  take(): void {
    this.#next = undefined;
  }

  /** Gives back the chunks that were taken, in the order in which they came. */
  giveBack(chunks: Uint8Array[]): void {
    this.#returned = chunks;
  }

  /** Reads the next chunk: first those that were given back. */
  async read(): Promise<Chunk> {
    const value = this.#returned.shift();
    if (value) return { done: false, value };
    const chunk = await this.peek();
    if (chunk.done) this.assertWhole();
    this.take();
    return chunk;
  }

  /** Closes the stream, since its sender does not send the rest: a read that is under way ends as at a proper end, which {@link assertWhole} tells apart. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.cancel(error);
  }

  /** @throws what {@link fail} was called with */
  assertWhole(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Closes the stream: its sender need not send the rest. */
  cancel(reason?: unknown): void {
    this.#returned = [];
    this.#next?.catch(() => undefined);
    void this.#reader.cancel(reason).catch(() => undefined);
  }
}
