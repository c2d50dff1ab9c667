import { randomUUID } from 'node:crypto';
import type { StoreWatcher } from '../key-store';
import { closedError, StoreError } from '../store-error';
import { ChangeReader, type Position } from './change-reader';
import { connect, end, whenReady, within, type Connections, type RedisSource } from './connections';
import { passwordOf, placeOf } from './place';
import { runScript } from './script-runner';
import { HELLO } from './scripts';
import { ToldChanges } from './told-changes';

/** Documents of which each greeting looks whether they are still there. */
const LOOKED_AT = 500;

export interface SessionSettings {
  root: string;
  writer: string;
  timeoutMs: number;
}

/** The connections of one store, from `open` to `close`, and what they tell its watcher. */
export class RedisSession {
  readonly told: ToldChanges;
  readonly #place: string;
  #connections: Connections | undefined;
  #reader: ChangeReader | undefined;
  #state: 'opening' | 'refused' | 'open' | 'closed' = 'opening';
  #lastFailure: unknown;
  /** The server's time, and when by elapsed time it was that. */
  #clock: { readonly server: number; readonly elapsed: number } | undefined;
  #settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(
    private readonly source: RedisSource,
    private readonly settings: SessionSettings,
    private readonly watcher: StoreWatcher,
  ) {
    this.#place = placeOf(source);
    this.told = new ToldChanges((changes) => {
      if (this.#state === 'open') watcher.changed(changes);
    });
  }

  async open(): Promise<void> {
    const { root, writer, timeoutMs } = this.settings;
    const connections = await connect(this.source, timeoutMs);
    if (this.#state === 'closed') throw closedError('redis');
    this.#connections = connections;
    const first = new Promise<void>((resolve, reject) => (this.#settle = { resolve, reject }));
    this.#reader = new ChangeReader(connections, { stream: `${root}changes`, writer, timeoutMs }, () => this.#hello(), {
      up: (missed) => this.#up(missed),
      down: () => this.watcher.connection(false),
      batch: (batch) => this.told.take(batch),
      missed: () => this.#missed(),
      failed: (error) => (this.#lastFailure = error),
    });
    this.#reader.start();
    await within(first, timeoutMs).catch((error: unknown) => {
      if (this.#isClosed()) throw closedError('redis');
      this.#state = 'refused';
      throw this.#explain(
        'cannot be reached',
        this.#lastFailure ?? error,
        'Check REDIS_URL, and that the server takes connections from here. It is tried again until it answers.',
      );
    });
  }

  /** @throws StoreError `unavailable`, at once when there is no connection, else within the time limit */
  async run(script: string, args: readonly (string | number)[]): Promise<unknown> {
    const client = this.#connections?.commands;
    if (client?.status !== 'ready') {
      throw this.#explain('is away', this.#lastFailure ?? new Error('no connection'));
    }
    try {
      return await within(runScript(client, script, this.settings.root, args), this.settings.timeoutMs);
    } catch (error) {
      if (this.#isClosed()) throw closedError('redis');
      throw this.#explain('failed', error);
    }
  }

  /** The server's time, milliseconds since the epoch; undefined before the first answer. */
  now(): number | undefined {
    return this.#clock && this.#clock.server + performance.now() - this.#clock.elapsed;
  }

  /** A write found this data; other data than before means that the former was lost. */
  sawEpoch(epoch: string): void {
    this.#reader?.suspect(epoch);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#settle?.reject(closedError('redis'));
    this.#reader?.stop();
    if (!this.#connections) return;
    const { commands, reader } = this.#connections;
    await Promise.all([end(commands, this.settings.timeoutMs), end(reader, this.settings.timeoutMs)]);
  }

  async #hello(): Promise<Position> {
    const { commands } = this.#connections!;
    await whenReady(commands, this.settings.timeoutMs);
    const askedAt = performance.now();
    const answer = (await this.run(HELLO, [randomUUID(), LOOKED_AT])) as [string, string, string, string, string];
    const [epoch, seq, last, run, time] = answer;
    // Half of the way there and back lies behind it.
    this.#clock = { server: Number(time), elapsed: (askedAt + performance.now()) / 2 };
    return { epoch, seq: Number(seq), last, run };
  }

  #up(missed: boolean): void {
    const refused = this.#state === 'refused';
    if (this.#state === 'opening') {
      this.#state = 'open';
      this.#settle?.resolve();
      return;
    }
    this.#state = 'open';
    this.watcher.connection(true);
    if (missed || refused) this.#missed();
  }

  #missed(): void {
    this.told.forget();
    this.watcher.reset();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #explain(what: string, error: unknown, mend = ''): StoreError {
    const message =
      error instanceof StoreError ? error.message : String((error as Error | undefined)?.message ?? error);
    const password = passwordOf(this.source);
    const safe = password ? message.replaceAll(password, '***') : message;
    return new StoreError(
      'unavailable',
      `Redis at ${this.#place} ${what}: ${safe || 'no reason given'}. ${mend}`.trim(),
    );
  }
}
