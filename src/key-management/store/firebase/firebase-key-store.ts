import { randomUUID } from 'node:crypto';
import type { DataSnapshot, Query } from 'firebase-admin/database';
import { checkChanges } from '../port/check-changes';
import type { KeyStore, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { StoreError, closedError } from '../port/store-error';
import { FirebaseConnection } from './firebase-connection';
import type { FirebaseKeyStoreOptions } from './firebase-options';
import { tooLargeError } from './firebase-errors';
import { Housekeeping } from './housekeeping';
import { Inbox } from './inbox';
import { KnownValues } from './known-values';
import { paths, readDocument } from './layout';
import { releaseLock, takeLock } from './locks';
import { encodeDocument, encodeJson } from './names';
import type { FirebaseSdk } from './sdk';
import type { Session } from './session';
import { MAX_BATCH_CHARACTERS, WriteQueue } from './write-queue';

/**
 * Keeps key state in a Firebase Realtime Database, shared by all instances with the same root.
 *
 * A batch is one multi-location update, which the server applies as a whole: it never depends on what stands there, so nothing is
 * read before, and no update of another writer is lost. `README.md` beside this file has the layout and the database's rules.
 */
export class FirebaseKeyStore implements KeyStore {
  readonly kind = 'firebase';
  readonly shared = true;
  readonly #writer = randomUUID();
  readonly #known = new KnownValues();
  readonly #inFlight = new Map<string, Promise<void>>();
  /** This and the queue lead to the credentials: not where an inspector looks. */
  readonly #connection: FirebaseConnection;
  #watcher: StoreWatcher | undefined;
  #inbox = new Inbox((changes) => this.#watcher?.changed(changes));
  #housekeeping: Housekeeping | undefined;
  #loads: Promise<unknown> = Promise.resolve();
  #queue: { session: Session; writes: WriteQueue } | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: FirebaseKeyStoreOptions) {
    this.#connection = new FirebaseConnection(options, this.#writer, {
      batch: (changes) => this.#told(changes),
      unreadable: () => this.#watcher?.reset(),
      connection: (up, reason) => this.#watcher?.connection(up, reason),
      reset: () => this.#reset(),
    });
  }

  async open(watcher: StoreWatcher): Promise<void> {
    if (this.#closing) throw closedError(this.kind);
    this.#watcher = watcher;
    this.#housekeeping = new Housekeeping(
      () => this.#connection.session,
      (update) => this.#connection.run((session) => session.root.update(update)),
    );
    try {
      await this.#connection.open();
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'unavailable')) await this.close();
      throw error;
    }
  }

  async load(prefix: string): Promise<StoredDocument[]> {
    this.#assertOpen();
    const loading = this.#loads.then(() => this.#loadNow(prefix));
    this.#loads = loading.then(
      ({ release }) => afterCaller(release),
      () => undefined,
    );
    return (await loading).documents;
  }

  async write(changes: readonly StoreChange[], id?: string): Promise<void> {
    this.#assertOpen();
    checkChanges(changes, id);
    if (changes.length === 0) return;
    if (id === undefined) return this.#apply(changes, undefined);
    const same = this.#inFlight.get(id);
    if (same !== undefined) return same;
    const writing = this.#apply(changes, id).finally(() => this.#inFlight.delete(id));
    this.#inFlight.set(id, writing);
    return writing;
  }

  async lock(name: string, holder: string, ttlMs: number): Promise<boolean> {
    this.#assertOpen();
    return this.#connection.run((session, sdk) =>
      takeLock({ root: session.root, name, holder, now: () => session.serverNow() }, ttlMs, sdk.timestamp),
    );
  }

  async unlock(name: string, holder: string): Promise<void> {
    this.#assertOpen();
    await this.#connection.run((session) =>
      releaseLock({ root: session.root, name, holder, now: () => session.serverNow() }),
    );
  }

  now(): number | undefined {
    return this.#connection.serverNow();
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#watcher = undefined;
      this.#housekeeping?.stop();
      await this.#connection.close();
    })();
    return this.#closing;
  }

  #apply(changes: readonly StoreChange[], id: string | undefined): Promise<void> {
    const { length } = encodeJson(changes);
    if (length > MAX_BATCH_CHARACTERS) return Promise.reject(tooLargeError(length, MAX_BATCH_CHARACTERS));
    return this.#connection.run((session, sdk) => this.#queueOf(session, sdk).add(changes, id, length));
  }

  #queueOf(session: Session, sdk: FirebaseSdk): WriteQueue {
    if (this.#queue?.session !== session) {
      const writer = this.#writer;
      const known = this.#known;
      const written = (logPath: string, batchPaths: readonly string[]): void =>
        this.#housekeeping?.batchWritten(logPath, batchPaths);
      this.#queue = { session, writes: new WriteQueue({ session, sdk, writer, known, written }) };
    }
    return this.#queue.writes;
  }

  async #loadNow(prefix: string): Promise<{ documents: StoredDocument[]; release: () => void }> {
    const hold = this.#inbox.hold(prefix);
    try {
      const snapshot = await this.#connection.run(
        (session) => readOnce(documentsQuery(session, prefix), () => hold.cut()),
        'load',
      );
      const read = Object.entries((snapshot.val() ?? {}) as Record<string, unknown>).map(([key, raw]) =>
        readDocument(key, raw),
      );
      this.#housekeeping?.crowded(read.flatMap(({ crowded }) => crowded));
      return {
        documents: read.map(({ document }) => document).filter(({ doc }) => doc.startsWith(prefix)),
        release: () => hold.release(),
      };
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  #told(changes: readonly StoreChange[]): void {
    this.#known.learn(changes);
    this.#inbox.receive(changes);
  }

  #reset(): void {
    this.#known.clear();
    this.#watcher?.reset();
  }

  #assertOpen(): void {
    if (this.#watcher === undefined) throw closedError(this.kind);
  }
}

function documentsQuery(session: Session, prefix: string): Query {
  const documents = session.root.child(paths.documents);
  const start = encodeDocument(prefix);
  return prefix === '' ? documents : documents.orderByKey().startAt(start).endAt(`${start}\uf8ff`);
}

/** Reads by a listener, not by `get`: its callback runs in the order of the pushes, so that the cut between told and loaded is exact. */
function readOnce(query: Query, cut: () => void): Promise<DataSnapshot> {
  return query.once('value', cut);
}

function afterCaller(work: () => void): Promise<void> {
  return new Promise((resolve) =>
    setImmediate(() => {
      work();
      resolve();
    }),
  );
}
