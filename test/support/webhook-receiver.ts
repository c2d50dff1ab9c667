import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that reached the receiver. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly text: string;
  readonly body: { type: string; timestamp: string; data: Record<string, unknown> };
}

/** What the receiver does with a request: a status, with headers; to hold it without an answer; to cut the connection. */
type Reply = number | { readonly status: number; readonly headers: Record<string, string> } | 'hang' | 'cut';

/** A receiver of webhooks over real HTTP on this machine. */
export class WebhookReceiver {
  readonly received: ReceivedMessage[] = [];
  /** The replies to come, the last for ever. */
  replies: Reply[] = [204];
  readonly #held = new Set<ServerResponse>();
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks/keys`;
  }

  get types(): string[] {
    return this.received.map(({ body }) => body.type);
  }

  /** Listens, at the port of before where it listened already. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const body = JSON.parse(text) as ReceivedMessage['body'];
        this.received.push({ headers: request.headers, path: request.url!, text, body });
        this.#reply(response);
      });
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Is gone, as after a crash: connections are cut, and new ones refused. */
  async close(): Promise<void> {
    const closed = once(this.#server!, 'close');
    this.#server!.close();
    this.#server!.closeAllConnections();
    await closed;
  }

  #reply(response: ServerResponse): void {
    const reply = this.replies.length > 1 ? this.replies.shift()! : this.replies[0]!;
    if (reply === 'hang') this.#held.add(response);
    else if (reply === 'cut') response.destroy();
    else if (typeof reply === 'number') response.writeHead(reply).end();
    else response.writeHead(reply.status, reply.headers).end();
  }
}

/** Whether the message bears the signature of Standard Webhooks, checked as a receiver would. */
export function isSigned({ headers, text }: ReceivedMessage, secret: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${text}`)
    .digest();
  return String(signatures)
    .split(' ')
    .some((each) => {
      const given = Buffer.from(each.split(',')[1] ?? '', 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}
