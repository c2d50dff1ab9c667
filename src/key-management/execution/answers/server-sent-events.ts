import { createParser, type EventSourceMessage } from 'eventsource-parser';

/**
 * Reads the server-sent events of an answer out of its bytes, chunk by chunk. The caller bounds how much is read: the parser keeps a line
 * until it ends.
 */
export class ServerSentEvents {
  readonly #decoder = new TextDecoder();
  readonly #completed: EventSourceMessage[] = [];
  #comments = 0;
  readonly #parser = createParser({
    onEvent: (event) => this.#completed.push(event),
    onComment: () => (this.#comments += 1),
  });

  /** The number of comments so far. Vendors send comments to keep a connection alive. */
  get comments(): number {
    return this.#comments;
  }

  /** Returns the events that this chunk completes. */
  push(chunk: Uint8Array): EventSourceMessage[] {
    return this.#feed(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Returns what the end of the stream completes: a last event without its blank line. */
  end(): EventSourceMessage[] {
    return this.#feed(`${this.#decoder.decode()}\n\n`);
  }

  #feed(text: string): EventSourceMessage[] {
    this.#parser.feed(text);
    return this.#completed.splice(0);
  }
}
