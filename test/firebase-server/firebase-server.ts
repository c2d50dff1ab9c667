import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { Connection } from './connection';
import { Database } from './database';
import { Gate } from './gate';
import { Journal } from './journal';
import type { Rules } from './requests';
import { answerCooldown } from './rest';

export interface FirebaseServerOptions {
  /** 0, the default, takes a free one; kept over a restart. */
  port?: number;
  /** What the namespace `test` holds at first. */
  data?: unknown;
  /** Where writes are kept, so that they outlive the process. */
  dataFile?: string;
  /** The only credential accepted; the default is what firebase-admin sends to an emulator. */
  token?: string;
  /** How long every message to a client takes. */
  latencyMs?: number;
}

/** A server that speaks the Realtime Database's wire protocol, version 5, for tests with the real SDK. */
export class FirebaseServer {
  #databases = new Map<string, Database>();
  readonly #connections = new Set<Connection>();
  readonly #gate = new Gate();
  readonly #journal: Journal | undefined;
  #token: string;
  #rules: Rules = { read: true, write: true };
  #http: Server | undefined;
  port: number;

  private constructor(private readonly options: FirebaseServerOptions) {
    this.port = options.port ?? 0;
    this.#token = options.token ?? 'owner';
    this.#journal = options.dataFile === undefined ? undefined : new Journal(options.dataFile);
    for (const { namespace, writes } of this.#journal?.read() ?? []) this.#database(namespace).replay(writes);
    if (options.data !== undefined) this.#database('test').import(options.data);
  }

  static async start(options: FirebaseServerOptions = {}): Promise<FirebaseServer> {
    const server = new FirebaseServer(options);
    await server.#listen();
    return server;
  }

  /** A `FIREBASE_URL` of one of its databases. */
  url(namespace = 'test'): string {
    return `http://localhost:${this.port}?ns=${namespace}`;
  }

  /** Connections taken so far. */
  connectionsTaken = 0;

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** A copy of what a namespace holds. */
  data(namespace = 'test'): unknown {
    return this.#database(namespace).data();
  }

  /** Everything it holds, as text. */
  dump(): string {
    return JSON.stringify(Object.fromEntries([...this.#databases].map(([name, database]) => [name, database.data()])));
  }

  /** Writes as a second client would, past every check of credentials. */
  set(path: string, json: unknown, namespace = 'test'): void {
    this.#database(namespace).put(path.split('/').filter(Boolean), json);
  }

  /** Changes the rules of all databases, also for clients that are connected. */
  allow(rules: Rules): void {
    this.#rules = rules;
    for (const connection of this.#connections) connection.rulesChanged();
  }

  /** From now on only this credential is accepted, also of clients that gave another before. */
  accept(token: string): void {
    this.#token = token;
    for (const connection of this.#connections) connection.revokeAuthentication();
  }

  dropConnections(): void {
    for (const connection of this.#connections) connection.drop();
  }

  /** Keeps connections open but answers nothing, as a hung process does; `resume` works off what came meanwhile. */
  pause(): void {
    this.#gate.shut();
  }

  resume(): void {
    this.#gate.open();
  }

  async stop(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    if (http === undefined) return;
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    this.dropConnections();
    http.closeAllConnections();
    this.#gate.open();
    await closed;
  }

  /** Listens again on the same port after `stop`, with its data or with none. */
  async restart(options: { keepData: boolean }): Promise<void> {
    await this.stop();
    if (!options.keepData) {
      this.#databases = new Map();
      this.#journal?.clear();
    }
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const sockets = new WebSocketServer({ noServer: true });
    const http = createServer((request, response) =>
      this.#gate.pass(() => answerCooldown(request, response, this.#token, (namespace) => this.#database(namespace))),
    );
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.#gate.pass(() => this.#upgrade(sockets, request, socket, head));
    });
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (http.address() as AddressInfo).port;
    this.#http = http;
  }

  #upgrade(sockets: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname !== '/.ws' || url.searchParams.get('v') !== '5' || url.searchParams.has('s')) {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      return;
    }
    if (socket.destroyed) return;
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, {
        database: this.#database(url.searchParams.get('ns') ?? 'default'),
        token: () => this.#token,
        rules: () => this.#rules,
        host: request.headers.host ?? `localhost:${this.port}`,
        inward: this.#gate.pass,
        outward: (work) => this.#delayed(work),
      });
      this.connectionsTaken += 1;
      this.#connections.add(connection);
      webSocket.on('close', () => this.#connections.delete(connection));
    });
  }

  #delayed(work: () => void): void {
    if (this.options.latencyMs) setTimeout(work, this.options.latencyMs);
    else work();
  }

  #database(namespace: string): Database {
    let database = this.#databases.get(namespace);
    if (database === undefined) {
      database = new Database((writes) => this.#journal?.append(namespace, writes));
      this.#databases.set(namespace, database);
    }
    return database;
  }
}
