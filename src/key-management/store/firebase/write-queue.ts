import type { Register, StoreChange, StoredDocument } from '../port/key-store';
import { applyChange, replaces } from '../port/merge';
import { encodeJson, encodeKey, maximumKey, paths, registerKey } from './layout';
import type { FirebaseSdk } from './sdk';
import type { Session } from './session';

/** The database takes 16 MB in one write; a batch stands in it twice, in the documents and in the log. */
export const MAX_BATCH_CHARACTERS = 6_000_000;
const MAX_UPDATES_UNDER_WAY = 4;

interface Batch {
  changes: readonly StoreChange[];
  id: string | undefined;
  characters: number;
  done(): void;
  failed(error: unknown): void;
}

export interface WriteQueueOptions {
  session: Session;
  sdk: FirebaseSdk;
  writer: string;
  known: KnownValues;
  /** Receives the paths of the log entry and the ids that an update left, for their removal. */
  written: (logPath: string, batchPaths: readonly string[]) => void;
}

/**
 * The writes of one session, in their order. Batches that wait while others are under way go together in one update: the SDK's cost grows
 * with the square of what is under way.
 */
export class WriteQueue {
  readonly #waiting: Batch[] = [];
  #underWay = 0;
  #lastSent: Promise<void> = Promise.resolve();

  constructor(private readonly options: WriteQueueOptions) {}

  /** Resolves when the batch is durable. */
  add(changes: readonly StoreChange[], id: string | undefined, characters: number): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ changes, id, characters, done, failed });
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#underWay < MAX_UPDATES_UNDER_WAY && this.#waiting.length > 0) void this.#send(this.#next());
  }

  #next(): Batch[] {
    let characters = 0;
    const end = this.#waiting.findIndex((batch, i) => (characters += batch.characters) > MAX_BATCH_CHARACTERS && i > 0);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #send(batches: Batch[]): Promise<void> {
    this.#underWay += 1;
    const previous = this.#lastSent;
    let sent: () => void = () => undefined;
    this.#lastSent = new Promise((resolve) => (sent = resolve));
    try {
      // Asked even for ids never seen here: another instance may have sent them.
      const applied = Promise.all(batches.map(({ id }) => this.#isApplied(id)));
      // It may be refused while the write before is still being prepared.
      applied.catch(() => undefined);
      await previous;
      const known = await applied;
      const fresh = batches.filter((_, i) => !known[i]);
      if (this.options.session.isUp) {
        const writing = fresh.length > 0 ? this.#update(fresh) : undefined;
        sent();
        await writing;
        for (const batch of batches) batch.done();
      }
    } catch (error) {
      this.#failed(batches, error);
    } finally {
      sent();
      this.#underWay -= 1;
      this.#pump();
    }
  }

  /** The SDK checks an update before it sends it: of several batches, only the one to blame should fail. */
  #failed(batches: Batch[], error: unknown): void {
    if (batches.length === 1) batches[0]!.failed(error);
    else for (const batch of batches) void this.#send([batch]);
  }

  async #isApplied(id: string | undefined): Promise<boolean> {
    return id !== undefined && (await this.options.session.root.child(paths.batch(id)).get()).exists();
  }

  async #update(batches: Batch[]): Promise<void> {
    const { session, sdk, writer, known, written } = this.options;
    const changes = batches.flatMap((batch) => batch.changes);
    const logPath = `${paths.log}/${session.root.child(paths.log).push().key}`;
    const batchPaths = batches.flatMap(({ id }) => (id === undefined ? [] : [paths.batch(id)]));
    const update: Update = toUpdate(changes, known, sdk.increment);
    update[logPath] = { w: writer, t: sdk.timestamp, c: encodeJson(changes) };
    for (const path of batchPaths) update[path] = sdk.timestamp;
    await session.root.update(update);
    known.learn(changes);
    written(logPath, batchPaths);
  }
}

/** A multi-location update, relative to the store's root. */
export type Update = Record<string, unknown>;

/** Makes the instruction to add; given from outside because the SDK is loaded only when a store opens. */
type Increment = (by: number) => unknown;

/**
 * The changes as one update, which the database applies as a whole or not at all. Nothing in it depends on what stands there
 * now: registers and maxima write under keys of their own, sums are added by the server.
 */
function toUpdate(changes: readonly StoreChange[], known: KnownValues, increment: Increment): Update {
  const update: Update = {};
  const merged = new Map<string, StoredDocument>();
  const dropped = new Set<string>();
  for (const change of changes) {
    if (change.kind === 'drop') dropped.add(change.doc);
    applyChange(merged, change);
  }
  for (const doc of dropped) {
    const document = merged.get(doc);
    update[paths.document(doc)] = document === undefined ? null : wholeDocument(document);
    merged.delete(doc);
  }
  for (const document of merged.values()) addFields(update, document, known, increment);
  return update;
}

function addFields(update: Update, document: StoredDocument, known: KnownValues, increment: Increment): void {
  const { doc, registers, maxima, sums } = document;
  const put = (fieldPath: string, key: string, stored: unknown, value: Register | number): void => {
    for (const beaten of known.beatenBy(doc, fieldPath, value)) update[beaten] = null;
    update[`${fieldPath}/${key}`] = stored;
  };
  for (const [field, register] of Object.entries(registers)) {
    put(paths.registerField(doc, field), registerKey(register), encodeJson(register.value), register);
  }
  for (const [field, value] of Object.entries(maxima)) {
    put(paths.maximumField(doc, field), maximumKey(value), true, value);
  }
  for (const [field, by] of Object.entries(sums)) update[paths.sum(doc, field)] = increment(by);
}

/** A dropped document that starts anew in the same batch: nothing of before may remain, so the sums are plain numbers. */
function wholeDocument({ registers, maxima, sums }: StoredDocument): unknown {
  const fields = <T>(record: Record<string, T>, toValue: (value: T) => unknown): unknown =>
    Object.fromEntries(Object.entries(record).map(([field, value]) => [encodeKey(field), toValue(value)]));
  return {
    r: fields(registers, (register) => ({ [registerKey(register)]: encodeJson(register.value) })),
    m: fields(maxima, (value) => ({ [maximumKey(value)]: true })),
    s: fields(sums, (sum) => sum),
  };
}

/** By their key in the database. */
type Values = Map<string, Register | number>;

/** The values of registers and maxima that are known to stand in the database, so that the next write removes those it beats. */
export class KnownValues {
  readonly #documents = new Map<string, Map<string, Values>>();

  /** Takes note of changes that are in the database now. */
  learn(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if (change.kind === 'drop') this.#documents.delete(change.doc);
      else if (change.kind === 'set') {
        this.#values(change.doc, paths.registerField(change.doc, change.field)).set(
          registerKey(change.register),
          change.register,
        );
      } else if (change.kind === 'max') {
        this.#values(change.doc, paths.maximumField(change.doc, change.field)).set(
          maximumKey(change.value),
          change.value,
        );
      }
    }
  }

  /** Takes from what is known, and returns the paths of, the values that `value` beats at the field. */
  beatenBy(doc: string, fieldPath: string, value: Register | number): string[] {
    const known = this.#documents.get(doc)?.get(fieldPath);
    if (known === undefined) return [];
    const beaten = [...known].filter(([, other]) => beats(value, other)).map(([key]) => key);
    for (const key of beaten) known.delete(key);
    return beaten.map((key) => `${fieldPath}/${key}`);
  }

  clear(): void {
    this.#documents.clear();
  }

  #values(doc: string, fieldPath: string): Values {
    let fields = this.#documents.get(doc);
    if (fields === undefined) this.#documents.set(doc, (fields = new Map<string, Values>()));
    let values = fields.get(fieldPath);
    if (values === undefined) fields.set(fieldPath, (values = new Map<string, Register | number>()));
    return values;
  }
}

const beats = (a: Register | number, b: Register | number): boolean =>
  typeof a === 'number' || typeof b === 'number' ? a > b : replaces(a, b);
