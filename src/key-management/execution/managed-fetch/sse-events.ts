/** One server-sent event. */
export interface SseEvent {
  /** What stands after `event:`. */
  readonly name: string | undefined;
  readonly data: string;
}

/** Server-sent events out of bytes, as they come. */
export class SseEvents {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #name: string | undefined;
  #data: string[] = [];
  #comments = 0;

  /** Comments so far: vendors send them to keep a connection alive. */
  get comments(): number {
    return this.#comments;
  }

  /** The events that this chunk completes. */
  push(chunk: Uint8Array): SseEvent[] {
    return this.#read(this.#rest + this.#decoder.decode(chunk, { stream: true }));
  }

  /** What the end of the stream completes: a last event without its blank line. */
  end(): SseEvent[] {
    return this.#read(`${this.#rest}${this.#decoder.decode()}\n\n`);
  }

  #read(text: string): SseEvent[] {
    // A carriage return at the very end may be half of a line's end.
    const whole = text.endsWith('\r') ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = lines.pop()! + text.slice(whole.length);
    const events: SseEvent[] = [];
    for (const line of lines) {
      if (line === '') this.#finish(events);
      else if (line.startsWith('data:')) this.#data.push(valueOf(line, 5));
      else if (line.startsWith('event:')) this.#name = valueOf(line, 6);
      else if (line.startsWith(':')) this.#comments += 1;
    }
    return events;
  }

  #finish(events: SseEvent[]): void {
    if (this.#data.length > 0) events.push({ name: this.#name, data: this.#data.join('\n') });
    this.#name = undefined;
    this.#data = [];
  }
}

const valueOf = (line: string, from: number): string => line.slice(line[from] === ' ' ? from + 1 : from);
