import type { ServerResponse } from 'node:http';
import { TinyServer, type Seen } from '../managed-fetch/tiny-server';

const escaped = (text: string, as: (code: number) => string): string =>
  [...text].map((letter) => as(letter.charCodeAt(0))).join('');

/** The forms in which a vendor may repeat a key. */
export const FORMS: Readonly<Record<string, (key: string) => string>> = {
  whole: (key) => key,
  'its middle': (key) => key.slice(9, 40),
  'its end': (key) => key.slice(-14),
  'in capitals': (key) => key.toUpperCase(),
  'percent-encoded': (key) => escaped(key, (code) => `%${code.toString(16)}`),
  'in base64': (key) => Buffer.from(`user:${key}`).toString('base64'),
  'in base64 for URLs': (key) => Buffer.from(key.slice(5)).toString('base64url'),
  'in hex': (key) => Buffer.from(key).toString('hex'),
  'with the escapes of JSON': (key) => escaped(key, (code) => `\\u00${code.toString(16)}`),
  'with the escapes of HTML': (key) => escaped(key, (code) => `&#${code};`),
  'in pieces': (key) => key.replace(/.{9}/g, '$& '),
};

/** The places in which a vendor may repeat a key. */
export const KINDS: Readonly<Record<string, (response: ServerResponse, echo: string) => void>> = {
  JSON: (response, echo) => {
    const detail = { reason: echo, metadata: { [echo]: echo }, violations: [{ quotaId: echo, quotaMetric: echo }] };
    const error = {
      message: `No such key: ${echo}`,
      type: echo,
      code: echo,
      param: echo,
      status: echo,
      [echo]: echo,
      details: [detail],
    };
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ error, message: echo, [echo]: { [echo]: echo } }));
  },
  'words of JSON': (response, echo) => {
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ error: `bad key ${echo}`, detail: echo }));
  },
  HTML: (response, echo) => {
    response
      .setHeader('content-type', 'text/html')
      .end(`<html><title>${echo}</title><body><h1>No</h1><p>Key ${echo}</p></body></html>`);
  },
  text: (response, echo) => {
    response.setHeader('content-type', 'text/plain').end(`key ${echo} is not known`);
  },
  'a stream': (response, echo) => {
    response.statusCode = 200;
    const error = {
      type: 'error',
      error: { message: `No such key: ${echo}`, type: 'authentication_error', code: echo },
      code: echo,
    };
    response.setHeader('content-type', 'text/event-stream').end(`event: error\ndata: ${JSON.stringify(error)}\n\n`);
  },
};

/** A call that has no retry left ends with these. */
export const ENDING = [400, 422, 500, 503] as const;
/** After these the call continues with another key. */
export const WALKING = [401, 403, 429] as const;

/** A vendor that accepts every key in checks, and then repeats the key of each request in its answer. */
export class EchoingVendor {
  /** The next answer, and how often it is given. Afterwards every request succeeds. */
  next: { form: string; kind: string; status: number; times: number } | undefined;
  /** How often the vendor repeated a key. */
  echoes = 0;

  private constructor(private readonly server: TinyServer) {
    server.answer = (response, seen) => this.#answer(response, seen);
  }

  static async start(): Promise<EchoingVendor> {
    return new EchoingVendor(await TinyServer.start());
  }

  get origin(): string {
    return this.server.origin;
  }

  close(): Promise<void> {
    return this.server.close();
  }

  #answer(response: ServerResponse, { url, headers }: Seen): void {
    if (!this.next || this.next.times === 0)
      return void response.setHeader('content-type', 'application/json').end('{"data":[],"models":[]}');
    const { form, kind, status } = this.next;
    const key = String(
      headers['x-api-key'] ??
        headers['x-goog-api-key'] ??
        headers.authorization?.replace('Bearer ', '') ??
        new URL(url, this.origin).searchParams.get('key'),
    );
    const echo = FORMS[form]!(key);
    this.next.times -= 1;
    this.echoes += 1;
    response.statusCode = status;
    response.statusMessage = `No ${echo}`;
    for (const name of [
      'x-request-id',
      'request-id',
      'x-ratelimit-limit-requests',
      'retry-after',
      'www-authenticate',
      'x-echo',
      'set-cookie',
    ])
      response.setHeader(name, echo);
    KINDS[kind]!(response, echo);
  }
}
