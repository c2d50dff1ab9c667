import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asVendor } from '../canary/canary';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

type Answer = (response: ServerResponse, seen: Seen) => void;

/** A server whose every answer is written by the test. */
export class TinyServer {
  readonly seen: Seen[] = [];
  answer: Answer = (response) => response.end('{}');

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TinyServer> {
    const tiny: TinyServer = new TinyServer(
      asVendor(createServer({ maxHeaderSize: 65_536 }, (request, response) => void tiny.#handle(request, response))),
    );
    await new Promise<void>((resolve) => tiny.server.listen(0, '127.0.0.1', resolve));
    return tiny;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const seen = { method: request.method!, url: request.url!, headers: request.headers, body };
    this.seen.push(seen);
    this.answer(response, seen);
  }
}
