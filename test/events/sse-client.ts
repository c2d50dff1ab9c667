import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';

export interface SseMessage {
  event: string;
  id?: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the test says it is
  data: any;
}

/** A reader of the live stream, on a socket of its own. */
export class SseClient {
  readonly messages: SseMessage[] = [];
  closed = false;
  #waiters: (() => void)[] = [];
  readonly #parser = createParser({
    onEvent: ({ event, id, data }) => {
      if (event) this.messages.push({ event, id, data: JSON.parse(data) });
    },
  });

  private constructor(
    private readonly outgoing: ClientRequest,
    readonly response: IncomingMessage,
    stalled: boolean,
  ) {
    response.setEncoding('utf8');
    if (!stalled) response.on('data', (text: string) => this.#take(text));
    response.on('error', () => undefined);
    response.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** @param stalled Takes the headers and then reads nothing. */
  static open(url: string, headers: Record<string, string>, stalled = false): Promise<SseClient> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { headers, agent: false });
      outgoing.on('response', (response) => resolve(new SseClient(outgoing, response, stalled)));
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  get lastId(): string | undefined {
    return this.messages.findLast(({ id }) => id !== undefined)?.id;
  }

  of(event: string): SseMessage[] {
    return this.messages.filter((message) => message.event === event);
  }

  /** Resolves once it holds; the test's own time limit ends a wait in vain. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.closed) throw new Error('The stream ended.');
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async end(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  close(): void {
    this.outgoing.destroy();
  }

  #take(text: string): void {
    this.#parser.feed(text);
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
