export type Chunk = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

/** The chunks of an answer's body. One may wait for the next without taking it, and leave the wait to another. */
export class BodySource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Read already, to be read again. */
  #returned: Uint8Array[] = [];
  #next: Promise<Chunk> | undefined;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next chunk of the vendor. Until it is taken, each look is at the same one. */
  peek(): Promise<Chunk> {
    return (this.#next ??= this.#reader.read());
  }

  /** Takes the chunk that was looked at. */
  take(): void {
    this.#next = undefined;
  }

  /** Gives back what was taken, in the order in which it came. */
  giveBack(chunks: Uint8Array[]): void {
    this.#returned = chunks;
  }

  async read(): Promise<Chunk> {
    const value = this.#returned.shift();
    if (value) return { done: false, value };
    const chunk = await this.peek();
    this.take();
    return chunk;
  }

  /** Lets the vendor know that no more is wanted. */
  cancel(reason?: unknown): void {
    this.#returned = [];
    this.#next?.catch(() => undefined);
    void this.#reader.cancel(reason).catch(() => undefined);
  }
}
