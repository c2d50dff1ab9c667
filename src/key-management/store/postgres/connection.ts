import type { Client, ClientConfig } from 'pg';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../common/clock';
import { within } from '../../common/settles-within';
import { PendingOperations } from '../port/pending-operations';
import type { PostgresSource } from './options';
import { clientConfig } from './source';

/** What is used of the package `pg`. */
export interface PgDriver {
  Client: new (config: ClientConfig) => Client;
}

/** A statement was not answered in time. */
export class NoAnswer extends Error {
  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
  }
}

/** Rows of texts. */
export type Rows = readonly (readonly (string | null)[])[];

/** One client of `pg`, which takes one statement at a time. */
class Line {
  readonly client: Client;
  readonly #socket: () => Duplex | undefined;
  #isConnected = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ Client }: PgDriver, source: PostgresSource, timeoutMs: number) {
    const { config, socket } = clientConfig(source, timeoutMs);
    this.client = new Client(config);
    this.#socket = socket;
  }

  async connect(): Promise<void> {
    await this.client.connect();
    this.#isConnected = true;
  }

  query(text: string, values: readonly unknown[] | undefined, isWanted: () => boolean): Promise<Rows> {
    const answer = this.#last.then(async () => {
      // A statement that comes to its turn after its end was told would take effect late.
      if (!isWanted()) return [];
      // Without values it may be several statements.
      if (!values) return (await this.client.query(text)) as unknown as Rows;
      return (await this.client.query({ text, values: [...values], rowMode: 'array' })).rows as Rows;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** A server that does not answer does not say goodbye either. */
  async end(timeoutMs: number): Promise<void> {
    const ended = this.client.end().catch(() => undefined);
    if (!this.#isConnected) this.#socket()?.destroy();
    if (!(await within(timeoutMs, ended, systemClock, false))) this.#socket()?.destroy();
  }
}

/** The two clients that serve a store, from connecting until one of them breaks or they are no longer wanted: then both end. */
export class PostgresConnection {
  readonly #commands: Line;
  readonly #listener: Line;
  readonly #operations = new PendingOperations();
  #endedBy: { readonly reason: unknown } | undefined;
  /** What a client said last. */
  #failure: Error | undefined;
  #ending: Promise<unknown> = Promise.resolve();
  #over: (reason: unknown) => void = () => undefined;
  /** Rejects with the reason for the end. */
  readonly over: Promise<never>;

  /** @param timeoutMs Time limit of connecting, of each statement, and of closing; milliseconds. */
  constructor(
    driver: PgDriver,
    source: PostgresSource,
    private readonly timeoutMs: number,
  ) {
    this.over = new Promise<never>((_, reject) => (this.#over = reject));
    this.over.catch(() => undefined);
    this.#commands = new Line(driver, source, timeoutMs);
    this.#listener = new Line(driver, source, timeoutMs);
    for (const { client } of [this.#commands, this.#listener]) {
      client.on('error', (error) => {
        this.#failure ??= error;
        this.drop(error);
      });
      client.once('end', () => this.drop(this.#failure ?? new Error('the connection was closed')));
    }
  }

  get isOver(): boolean {
    return this.#endedBy !== undefined;
  }

  /** Connects one client after the other, since the first may say why the second need not try. */
  async connect(settings: string): Promise<void> {
    for (const line of [this.#commands, this.#listener]) {
      await this.#run(() => line.connect());
      await this.#query(line, settings);
    }
  }

  onNotification(listener: (channel: string, payload: string) => void): void {
    this.#listener.client.on('notification', ({ channel, payload = '' }) => listener(channel, payload));
  }

  /** Without values it may be several statements, whose answers are not given. */
  command(text: string, values?: readonly unknown[]): Promise<Rows> {
    return this.#query(this.#commands, text, values);
  }

  /** By the client that listens: commands that wait, as for a lock, do not hold it up. */
  ask(text: string, values?: readonly unknown[]): Promise<Rows> {
    return this.#query(this.#listener, text, values);
  }

  /** Ends both clients: a new connection finds the server that is right by then. */
  drop(reason: unknown): void {
    if (this.#endedBy) return;
    this.#endedBy = { reason };
    this.#ending = Promise.all([this.#commands, this.#listener].map((line) => line.end(this.timeoutMs)));
    this.#operations.failAll(reason);
    this.#over(reason);
  }

  /** Resolves when both clients are closed, or after the time limit. */
  async ended(): Promise<void> {
    await this.#ending;
  }

  #query(line: Line, text: string, values?: readonly unknown[]): Promise<Rows> {
    let isWanted = true;
    return this.#run(() => line.query(text, values, () => isWanted)).finally(() => (isWanted = false));
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason for the end, which a client gave
    if (this.#endedBy) return Promise.reject(this.#endedBy.reason);
    return this.#operations.run(work, this.timeoutMs, (ms) => new NoAnswer(ms));
  }
}
