import type { FetchBody } from '../../common/fetch-types';

/** The body of a request, for one attempt or for several. */
export interface RequestBody {
  /** What the next attempt sends: of a stream, a new stream each time. */
  readonly value: FetchBody | null | undefined;
  /** The same, where it is known before the first attempt. */
  readonly known?: FetchBody;
  /** The body cannot be sent again: a failed attempt cannot be repeated. */
  readonly once: boolean;
  /** The body could not be read, which is the caller's own failure. */
  readonly failure?: { readonly error: unknown };
  /** To be called when the call has ended, where there is something to close. */
  ended?(success: boolean): void;
}

/** A body as fetch takes it, an iterable of chunks, or a function that makes the same body anew for each attempt. */
export type ManagedBody = FetchBody | AsyncIterable<unknown> | null | (() => FetchBody | AsyncIterable<unknown>);

/**
 * Takes the body of a request. Text, bytes, blobs and forms can be sent again as they are. Of a stream, what was sent is kept up to 16 MiB.
 * The body of a `Request` is a stream, too: it is read beforehand where it is within that bound, so that the model it names is known.
 */
export function requestBody(
  input: unknown,
  init: Pick<RequestInit, 'body'> | { body?: ManagedBody } | undefined,
): RequestBody | Promise<RequestBody> {
  const given = init?.body as ManagedBody | undefined;
  if (typeof given === 'function') return new MadeBody(given as () => FetchBody);
  if (given !== undefined && given !== null)
    return isStream(given) ? new ReplayedStream(given) : fixed(given as FetchBody);
  if (!(input instanceof Request) || input.body === null || given === null) return fixed(undefined);
  const stream = new ReplayedStream(input.body);
  return stream.whole().then((whole) => (whole ? fixed(whole) : stream));
}

const fixed = (value: FetchBody | undefined): RequestBody => ({ value, known: value, once: false });

/** A body that the caller's function makes for each attempt. Whatever sends it reads it to its end, or cancels it. */
class MadeBody implements RequestBody {
  failure: { readonly error: unknown } | undefined;

  constructor(private readonly make: () => FetchBody) {}

  get value(): FetchBody {
    try {
      return this.make();
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }

  get once(): boolean {
    return this.failure !== undefined;
  }
}

export const isStream = (body: unknown): body is AsyncIterable<unknown> =>
  typeof body === 'object' &&
  body !== null &&
  Symbol.asyncIterator in body &&
  !(body instanceof Blob) &&
  !(body instanceof FormData);

/** What is kept of one body. A longer body cannot be sent again once more than this of it was sent. Bytes. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/**
 * A streamed body that can be sent more than once: what attempts read of it is kept, up to a bound, and the next attempt begins with that.
 * The source is read no faster than the attempts read, and by one attempt at a time.
 */
export class ReplayedStream {
  failure: { readonly error: unknown } | undefined;
  readonly #source: AsyncIterator<unknown>;
  /** What was read of the source, from chunk number `#first` on. */
  readonly #kept: Uint8Array[] = [];
  #first = 0;
  /** How much was read in all. */
  #bytes = 0;
  #reading: Promise<Uint8Array | undefined> | undefined;
  #attempts = 0;
  #isOpen = false;
  #isOver = false;

  constructor(
    body: AsyncIterable<unknown>,
    private readonly maxKept = MAX_KEPT_BYTES,
  ) {
    this.#source = body[Symbol.asyncIterator]();
  }

  /** Some of the body is gone, or will never come. */
  get once(): boolean {
    return this.#first > 0 || this.failure !== undefined;
  }

  /** The whole body for one more attempt. The attempts before it are over: they read no further. */
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
        cancel: () => this.#closed(attempt),
      },
      { highWaterMark: 0 },
    );
  }

  /** Reads the whole body at once; undefined where it is beyond the bound. */
  async whole(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#bytes <= this.maxKept) if (!(await this.#read())) return Buffer.concat(this.#kept);
    return undefined;
  }

  /** The call has ended. An answer may come before all of the body is sent: then the sending goes on. */
  ended(success: boolean): void {
    this.#isOver = true;
    if (!success) this.#isOpen = false;
    this.#closeSource();
  }

  #closed(attempt: number): void {
    if (attempt === this.#attempts) this.#isOpen = false;
    this.#closeSource();
  }

  /** Closes the source once nothing reads it any more. */
  #closeSource(): void {
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
    if (chunk && this.#bytes > this.maxKept) {
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
