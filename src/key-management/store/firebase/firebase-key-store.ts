import { randomUUID } from 'node:crypto';
import type { Query } from 'firebase-admin/database';
import { checkChanges } from '../port/check-changes';
import type { KeyStore, StoreChange, StoredDocument, StoreWatcher } from '../port/key-store';
import { StoreError, closedError } from '../port/store-error';
import { FirebaseConnection } from './firebase-connection';
import type { FirebaseKeyStoreOptions } from './firebase-settings';
import { Housekeeping } from './housekeeping';
import { encodeDocument, encodeJson, paths, readDocument } from './layout';
import { releaseLock, takeLock } from './locks';
import type { FirebaseSdk } from './sdk';
import type { Session } from './session';
import { KnownValues, MAX_BATCH_CHARACTERS, WriteQueue } from './write-queue';

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
  /** Writes under way by the id of their batch: a repetition joins the first. */
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #connection: FirebaseConnection;
  readonly #buffer = new ChangeBuffer((changes) => this.#watcher?.changed(changes));
  #watcher: StoreWatcher | undefined;
  #housekeeping: Housekeeping | undefined;
  /** Loads run one after the other. */
  #loads: Promise<unknown> = Promise.resolve();
  #queue: { session: Session; writes: WriteQueue } | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: FirebaseKeyStoreOptions) {
    this.#connection = new FirebaseConnection(options, this.#writer, {
      batch: (changes) => {
        this.#known.learn(changes);
        this.#buffer.receive(changes);
      },
      unreadable: () => this.#watcher?.reset(),
      connection: (up, reason) => this.#watcher?.connection(up, reason),
      reset: () => {
        this.#known.clear();
        this.#watcher?.reset();
      },
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
      ({ resume }) => afterCaller(resume),
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
    return this.#connection.run((session, sdk) => takeLock(session, sdk, { name, holder, ttlMs }));
  }

  async unlock(name: string, holder: string): Promise<void> {
    this.#assertOpen();
    await this.#connection.run((session) => releaseLock(session, name, holder));
  }

  now(): number | undefined {
    return this.#connection.serverNow();
  }

  close(): Promise<void> {
    this.#watcher = undefined;
    this.#housekeeping?.stop();
    return (this.#closing ??= this.#connection.close());
  }

  async #apply(changes: readonly StoreChange[], id: string | undefined): Promise<void> {
    const { length } = encodeJson(changes);
    if (length > MAX_BATCH_CHARACTERS) {
      throw new StoreError(
        'invalid',
        `A batch of ${length} characters is more than the Firebase database takes at once (${MAX_BATCH_CHARACTERS}). Write it in several.`,
      );
    }
    return this.#connection.run((session, sdk) => this.#queueOf(session, sdk).add(changes, id, length));
  }

  #queueOf(session: Session, sdk: FirebaseSdk): WriteQueue {
    if (this.#queue?.session !== session) {
      const writes = new WriteQueue({
        session,
        sdk,
        writer: this.#writer,
        known: this.#known,
        written: (logPath, batchPaths) => this.#housekeeping?.batchWritten(logPath, batchPaths),
      });
      this.#queue = { session, writes };
    }
    return this.#queue.writes;
  }

  async #loadNow(prefix: string): Promise<{ documents: StoredDocument[]; resume: () => void }> {
    const { markSnapshot, resume } = this.#buffer.pause(prefix);
    try {
      const snapshot = await this.#connection.run(
        // By a listener, not by `get`: its callback runs in the order of the pushes, so that the snapshot is marked exactly.
        (session) => documentsQuery(session, prefix).once('value', markSnapshot),
        'load',
      );
      const read = Object.entries((snapshot.val() ?? {}) as Record<string, unknown>).map(([key, raw]) =>
        readDocument(key, raw),
      );
      this.#housekeeping?.crowded(read.flatMap(({ crowded }) => crowded));
      return { documents: read.map(({ document }) => document).filter(({ doc }) => doc.startsWith(prefix)), resume };
    } catch (error) {
      resume();
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#watcher === undefined) throw closedError(this.kind);
  }
}

/**
 * Delivers others' changes so that each counts once: in the answer of a load, or after it. Changes of the documents that are being loaded
 * wait; those that came before the snapshot are in the answer. One load at a time.
 */
class ChangeBuffer {
  #paused: { readonly prefix: string; changes: StoreChange[] } | undefined;

  constructor(private readonly deliver: (changes: readonly StoreChange[]) => void) {}

  receive(changes: readonly StoreChange[]): void {
    const paused = this.#paused;
    if (paused === undefined) return this.deliver(changes);
    const isLoading = ({ doc }: StoreChange): boolean => doc.startsWith(paused.prefix);
    paused.changes.push(...changes.filter(isLoading));
    const others = changes.filter((change) => !isLoading(change));
    if (others.length > 0) this.deliver(others);
  }

  /**
   * A load of the documents under this prefix begins. Call `markSnapshot` when the server made the answer, which holds what came before,
   * and `resume` when the caller of the load has it.
   */
  pause(prefix: string): { markSnapshot: () => void; resume: () => void } {
    const paused = { prefix, changes: [] as StoreChange[] };
    this.#paused = paused;
    return {
      markSnapshot: () => {
        paused.changes = [];
      },
      resume: () => {
        this.#paused = undefined;
        if (paused.changes.length > 0) this.deliver(paused.changes);
      },
    };
  }
}

function documentsQuery(session: Session, prefix: string): Query {
  const documents = session.root.child(paths.documents);
  const start = encodeDocument(prefix);
  return prefix === '' ? documents : documents.orderByKey().startAt(start).endAt(`${start}\uf8ff`);
}

const afterCaller = (work: () => void): Promise<void> =>
  new Promise((resolve) =>
    setImmediate(() => {
      work();
      resolve();
    }),
  );
