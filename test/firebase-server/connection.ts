import { randomUUID } from 'node:crypto';
import { type RawData, WebSocket } from 'ws';
import { type Database } from './database';
import { FrameReader, toFrames } from './framing';
import { ProtocolError } from './protocol-error';
import { type RequestBody, Requests, type Rules } from './requests';

export interface ConnectionOptions {
  database: Database;
  /** The only credential that is accepted now. */
  token(): string;
  rules(): Rules;
  /** The host that the client asked for, and is told to keep to. */
  host: string;
  /** Runs work now or later, always in order: how the server pauses and delays. */
  inward(work: () => void): void;
  outward(work: () => void): void;
}

/** One client's WebSocket: handshake, authentication, and requests answered in order. */
export class Connection {
  readonly #reader = new FrameReader();
  readonly #requests: Requests;
  #authenticated = false;

  constructor(
    private readonly socket: WebSocket,
    private readonly options: ConnectionOptions,
  ) {
    this.#requests = new Requests(
      options.database,
      (action, path, data, tag) =>
        this.#send('d', { a: action, b: { p: path.join('/'), d: data, ...(tag === undefined ? {} : { t: tag }) } }),
      () => options.rules(),
    );
    socket.on('message', (data: RawData) => options.inward(() => this.#received(data.toString())));
    socket.on('close', () => options.inward(() => this.#requests.disconnected()));
    socket.on('error', () => socket.terminate());
    options.inward(() => this.#send('c', { t: 'h', d: { ts: Date.now(), v: '5', h: options.host, s: randomUUID() } }));
  }

  /** Cuts the connection without a word, as a network does. */
  drop(): void {
    this.socket.terminate();
  }

  /** The rules changed: what may no longer be read is not pushed any more. */
  rulesChanged(): void {
    if (this.options.rules().read) return;
    for (const path of this.#requests.revokeListens()) this.#send('d', { a: 'c', b: { p: path.join('/') } });
  }

  /** The credential it gave is no longer good. */
  revokeAuthentication(): void {
    this.#authenticated = false;
    this.#send('d', { a: 'ac', b: { s: 'invalid_token', d: 'The credential was revoked' } });
  }

  #received(frame: string): void {
    const text = this.#reader.read(frame);
    if (text === undefined) return;
    try {
      const message = JSON.parse(text) as { t?: unknown; d?: Record<string, unknown> };
      if (message.t === 'c') return this.#control(message.d ?? {});
      if (message.t === 'd') return this.#request(message.d ?? {});
    } catch {
      // Falls through: what is no JSON is answered like an unknown layer.
    }
    this.#send('c', { t: 'e', d: 'Malformed message' });
    this.drop();
  }

  #control(message: Record<string, unknown>): void {
    if (message.t === 'p') return this.#send('c', { t: 'o', d: {} });
    this.#send('c', { t: 'e', d: `Control message ${String(message.t)} is not implemented by this server` });
  }

  #request({ r, a, b }: Record<string, unknown>): void {
    let answer: { s: string; d: unknown };
    try {
      answer = { s: 'ok', d: this.#answer(String(a), (b ?? {}) as RequestBody) ?? (a === 'g' ? null : {}) };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      answer = { s: error.status, d: error.message };
    }
    this.#send('d', { r, b: answer });
  }

  #answer(action: string, body: RequestBody): unknown {
    switch (action) {
      case 's':
        return {};
      case 'auth':
      case 'gauth':
        return this.#authenticate(body);
      case 'unauth':
        this.#authenticated = false;
        this.#requests.stopListening();
        return {};
    }
    if (!this.#authenticated) throw new ProtocolError('permission_denied', 'Not authenticated');
    return this.#requests.handle(action, body);
  }

  #authenticate(body: RequestBody): unknown {
    if (body.noauth !== undefined || body.authvar !== undefined) {
      throw new ProtocolError('unsupported', 'An auth override is not implemented by this server');
    }
    this.#authenticated = body.cred === this.options.token();
    if (!this.#authenticated) throw new ProtocolError('invalid_token', 'The credential is not accepted');
    return { auth: null };
  }

  #send(layer: 'c' | 'd', data: unknown): void {
    const frames = toFrames(JSON.stringify({ t: layer, d: data }));
    this.options.outward(() => {
      if (this.socket.readyState === WebSocket.OPEN) for (const frame of frames) this.socket.send(frame);
    });
  }
}
