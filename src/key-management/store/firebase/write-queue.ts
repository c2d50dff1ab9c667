import type { StoreChange } from '../port/key-store';
import { toUpdate } from './batch';
import type { Update } from './batch';
import { type KnownValues } from './known-values';
import { paths } from './layout';
import { encodeJson } from './names';
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
  /** Told of the log entry and the ids that an update left, for their removal. */
  written: (logPath: string, batchPaths: readonly string[]) => void;
}

/**
 * The writes of one session, in their order. Those that wait while others are under way go together in one update: the SDK slows
 * down with the square of what is under way.
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
