import type { Client, ClientConfig } from 'pg';
import type { Duplex } from 'node:stream';
import { systemClock } from '../../common/clock';
import { within } from '../../common/settles-within';
import { ServerConnection } from '../server/server-connection';
import type { PostgresSource } from './options';
import { clientConfig } from './source';

/** What is used of the package `pg`. */
export interface PgDriver {
  Client: new (config: ClientConfig) => Client;
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
export class PostgresConnection extends ServerConnection {
  readonly #commands: Line;
  readonly #listener: Line;
  /** What a client said last. */
  #failure: Error | undefined;
  #over: (reason: unknown) => void = () => undefined;
  /** Rejects with the reason for the end. */
  readonly over: Promise<never>;

  /** @param timeoutMs Time limit of connecting, of each statement, and of closing; milliseconds. */
  constructor(driver: PgDriver, source: PostgresSource, timeoutMs: number) {
    super(timeoutMs);
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

  /** Connects one client after the other, since the first may say why the second need not try. */
  async connect(settings: string): Promise<void> {
    for (const line of [this.#commands, this.#listener]) {
      await this.run(() => line.connect());
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

  override drop(reason: unknown): void {
    if (this.isOver) return;
    super.drop(reason);
    this.#over(reason);
  }

  protected override endClients(): Promise<unknown> {
    return Promise.all([this.#commands, this.#listener].map((line) => line.end(this.timeoutMs)));
  }

  #query(line: Line, text: string, values?: readonly unknown[]): Promise<Rows> {
    let isWanted = true;
    return this.run(() => line.query(text, values, () => isWanted)).finally(() => (isWanted = false));
  }
}
