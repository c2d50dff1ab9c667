import { join } from 'node:path';
import type { ClassicLevel } from 'classic-level';
import { systemClock, type Clock, type Random } from '../../common/clock';
import { checkChanges } from '../port/check-changes';
import type { KeyStore, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { LocalLocks } from '../port/local-locks';
import { Reconnect } from '../port/reconnect';
import { closedError, StoreError } from '../port/store-error';
import { applyBatch, rangeOfPrefix, readEntry } from './entries';
import { isDamage, LevelFolder, MARK_KEY, messageOf } from './level-folder';

/** Entries read at once. */
const PAGE = 1_000;

export interface FileKeyStoreOptions {
  /** The folder; made if it is not there, for its owner only. @default './data' */
  path?: string;
  /** Keeps apps apart that share the folder: any namespace but `default` has its own folder within it, `namespaces/<name>`. @default 'default' */
  namespace?: string;
  /** @default the system's clock */
  clock?: Pick<Clock, 'now' | 'after'>;
  /** @default Math.random */
  random?: Random;
  /** Receives what was found damaged. @default a warning of the process */
  report?: (message: string) => void;
}

/**
 * Embedded store (LevelDB) of one process. What `write` resolved survives a kill -9; a batch with a `set` or `drop` also a power cut.
 */
export class FileKeyStore implements KeyStore {
  readonly kind = 'file';
  readonly shared = false;
  readonly #folder: LevelFolder;
  readonly #locks: LocalLocks;
  readonly #report: (message: string) => void;
  /** Opens a folder later that another process has, or that cannot be used. */
  readonly #reconnect: Reconnect;
  #database: ClassicLevel | undefined;
  #watcher: StoreWatcher | undefined;
  #closing: Promise<void> | undefined;
  /** The folder was opened; from then on a database that fails is opened anew with the next step. */
  #isOpen = false;
  /** The end of the queue: reading, merging and writing is one step, and steps go one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FileKeyStoreOptions = {}) {
    const { path = './data', namespace = 'default', clock = systemClock, random = Math.random } = options;
    const { report = (message) => process.emitWarning(message) } = options;
    const place = namespace === 'default' ? path : join(path, 'namespaces', namespace);
    this.#folder = new LevelFolder({ path: place, clock, report });
    this.#locks = new LocalLocks(clock);
    this.#report = report;
    this.#reconnect = new Reconnect(clock, random, () => void this.#openAgain());
  }

  async open(watcher: StoreWatcher): Promise<void> {
    if (this.#closing) throw closedError(this.kind);
    this.#watcher = watcher;
    try {
      await this.#inTurn(async () => {
        this.#database = await this.#folder.open();
      });
      this.#isOpen = true;
    } catch (error) {
      this.#reconnect.schedule();
      throw error;
    }
  }

  async #openAgain(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (!this.#isClosing()) this.#database = await this.#folder.open();
      });
    } catch {
      this.#reconnect.schedule();
      return;
    }
    if (this.#isClosing()) return;
    this.#isOpen = true;
    this.#watcher?.connection(true);
    this.#watcher?.reset();
  }

  #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  async load(prefix: string): Promise<StoredDocument[]> {
    return this.#step(async (database) => {
      const documents = new Map<string, StoredDocument>();
      const unreadable: string[] = [];
      const iterator = database.iterator(rangeOfPrefix(prefix));
      for (let page = await iterator.nextv(PAGE); page.length > 0; page = await iterator.nextv(PAGE)) {
        for (const [key, text] of page) if (key !== MARK_KEY && !readEntry(documents, key, text)) unreadable.push(key);
      }
      await iterator.close();
      if (unreadable.length > 0) this.#reportUnreadable(unreadable);
      return [...documents.values()];
    });
  }

  async write(changes: readonly StoreChange[], id?: string): Promise<void> {
    this.#mustBeOpen();
    checkChanges(changes, id);
    await this.#step((database) => applyBatch(database, changes));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, and so are its errors
  async lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    this.#mustBeOpen();
    return this.#locks.take(name, holder, ttlMs);
  }

  // eslint-disable-next-line @typescript-eslint/require-await
  async unlock(name: string, holder: string): Promise<void> {
    this.#mustBeOpen();
    this.#locks.release(name, holder);
  }

  close(): Promise<void> {
    this.#reconnect.stop();
    return (this.#closing ??= this.#inTurn(async () => {
      await this.#database?.close();
      this.#database = undefined;
    }));
  }

  /** Runs a step in its turn. On a damaged database it runs once more, on the replacement. */
  async #step<T>(run: (database: ClassicLevel) => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    return this.#inTurn(async () => {
      try {
        // LevelDB refuses all writes after a failed one until it is opened again.
        const database = (this.#database ??= await this.#folder.open());
        return await run(database).catch(async (error: unknown) => {
          if (!isDamage(error)) throw error;
          return run(await this.#replaceDamaged(database, messageOf(error)));
        });
      } catch (error) {
        await this.#database?.close().catch(() => undefined);
        this.#database = undefined;
        const explained = error instanceof StoreError;
        const message = explained
          ? error.message
          : `The key store in ${this.#folder.path} failed: ${messageOf(error)}.`;
        throw new StoreError('unavailable', message);
      }
    });
  }

  async #replaceDamaged(damaged: ClassicLevel, reason: string): Promise<ClassicLevel> {
    const saved = await readable(damaged);
    await damaged.close();
    this.#database = undefined;
    await this.#folder.setAside(reason);
    this.#database = await this.#folder.open();
    await this.#database.batch(saved, { sync: true });
    setImmediate(() => {
      if (!this.#closing) this.#watcher?.reset();
    });
    return this.#database;
  }

  #reportUnreadable(keys: readonly string[]): void {
    const first = JSON.stringify(keys[0]!.replace('\0', ' '));
    this.#report(
      `The key store in ${this.#folder.path} has ${keys.length} unreadable entries (first: ${first}), left out.`,
    );
  }

  #mustBeOpen(): void {
    if (this.#closing || !this.#watcher) throw closedError(this.kind);
    if (!this.#isOpen) throw new StoreError('unavailable', `The key store in ${this.#folder.path} is not there yet.`);
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** The entries of a damaged database that can still be read. */
async function readable(database: ClassicLevel): Promise<{ type: 'put'; key: string; value: string }[]> {
  const saved: { type: 'put'; key: string; value: string }[] = [];
  try {
    const iterator = database.iterator();
    // One by one: of a longer step nothing is given when a part of it is damaged.
    for (let [entry] = await iterator.nextv(1); entry; [entry] = await iterator.nextv(1)) {
      if (entry[0] !== MARK_KEY) saved.push({ type: 'put', key: entry[0], value: entry[1] });
    }
  } catch {
    // The damaged place: what came before it is saved.
  }
  return saved;
}
