import { randomUUID } from 'node:crypto';
import { systemClock } from '../../common/clock';
import { checkChanges } from '../port/check-changes';
import type { Audience, KeyStore, ReadChanges, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { positionOf, QUIET_BATCHES, readQuiet, type QuietBatch } from '../server/quiet-changes';
import { ServerKeyStore } from '../server/server-key-store';
import type { PostgresKeyStoreOptions, PostgresSource } from './options';
import { asciiText, packChanges, readRow, unpackChanges, type FieldRow } from './packing';
import { PostgresSession, type SessionSettings } from './postgres-session';
import { LOAD, LOAD_ONE, LOCK, SINCE, UNLOCK, WRITE } from './schema';
import { checkOptions } from './source';

/** Most fields of a page (a larger document comes all the same): reading one holds up nothing else for long. */
const PAGE = 5_000;
/** Greater than every character of a document's name. */
const AFTER_ALL = '~';
/** What a name of documents may begin with. */
const PREFIX = /^[A-Za-z0-9_.:/-]*$/;

/**
 * PostgreSQL 12 or later, shared by all instances. Each batch is one call of a function, and so a transaction of its own; the others are
 * told by `NOTIFY`. An instance that lost its connection, or was not told of a batch, loads everything again.
 *
 * @example
 * KeyManagementModule.forRoot({ store: new PostgresKeyStore({ url: process.env.DATABASE_URL! }) });
 */
export class PostgresKeyStore extends ServerKeyStore<PostgresSession> implements KeyStore {
  readonly kind = 'postgres';
  readonly #options: PostgresKeyStoreOptions;
  readonly #settings: SessionSettings;

  constructor(options: PostgresKeyStoreOptions) {
    super();
    const { namespace = 'default', timeoutMs = 3_000, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#settings = { namespace, writer: randomUUID(), timeoutMs, clock, random };
  }

  async load(prefix: string): Promise<StoredDocument[]> {
    const { session } = this;
    if (!PREFIX.test(prefix)) return [];
    const endLoad = session.deduplicator.beginLoad();
    const seqs = new Map<string, number>();
    const documents = new Map<string, StoredDocument>();
    let isWhole = false;
    try {
      for await (const rows of this.#pages(session, prefix)) {
        for (const row of rows) {
          readRow(documents, row);
          seqs.set(row[1], Number(row[0]));
        }
      }
      isWhole = true;
      return [...documents.values()];
    } finally {
      endLoad(isWhole ? seqs : new Map());
    }
  }

  async write(changes: readonly StoreChange[], id: string = randomUUID(), audience: Audience = 'all'): Promise<void> {
    const { session } = this;
    checkChanges(changes, id);
    if (changes.length === 0) return;
    const { namespace, writer } = this.#settings;
    const told = [session.channelOf(audience), packChanges(changes), audience === 'all'];
    await session.run(WRITE, [namespace, id, writer, randomUUID(), ...told]);
  }

  async changesSince(cursor?: string): Promise<ReadChanges | undefined> {
    const { namespace, writer } = this.#settings;
    const after = cursor === undefined ? Number.MAX_SAFE_INTEGER : positionOf(cursor).number;
    const rows = await this.session.run(SINCE, [namespace, String(after), QUIET_BATCHES]);
    const [epoch = '', last = '0'] = rows[0] ?? [];
    const batches = rows.flatMap(([, , number, from, packed]): QuietBatch[] => {
      // Without a batch there is a row all the same, for what comes first in it.
      if (number === null || number === undefined) return [];
      return [{ number: Number(number), place: '', changes: from === writer ? [] : unpackChanges(packed ?? '') }];
    });
    return readQuiet({ epoch: epoch ?? '', number: Number(last), place: '' }, batches, cursor);
  }

  async lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    const values = [this.#settings.namespace, asciiText(name), asciiText(holder), Math.max(1, ttlMs)];
    return (await this.session.run(LOCK, values)).length > 0;
  }

  async unlock(name: string, holder: string): Promise<void> {
    await this.session.run(UNLOCK, [this.#settings.namespace, asciiText(name), asciiText(holder)]);
  }

  protected override newSession(watcher: StoreWatcher): PostgresSession {
    checkOptions(this.#options);
    return new PostgresSession(this.#options satisfies PostgresSource, this.#settings, watcher);
  }

  /** The fields of all documents of a prefix, page by page; a document is read in one moment. */
  async *#pages(session: PostgresSession, prefix: string): AsyncGenerator<readonly FieldRow[]> {
    const { namespace } = this.#settings;
    const ask = async (text: string, values: readonly unknown[]): Promise<FieldRow[]> =>
      (await session.run(text, values)) as unknown as FieldRow[];
    for (let after = ''; ;) {
      const rows = await ask(LOAD, [namespace, prefix, after, prefix + AFTER_ALL, PAGE]);
      const last = rows.at(-1)?.[1];
      if (rows.length < PAGE || last === undefined) {
        yield rows;
        return;
      }
      // The last document may go on behind the page.
      const whole = rows.filter(([, doc]) => doc !== last);
      yield whole.length > 0 ? whole : await ask(LOAD_ONE, [namespace, last]);
      after = whole.at(-1)?.[1] ?? last;
    }
  }
}
