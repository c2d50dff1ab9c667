import type { DataSnapshot, Reference } from 'firebase-admin/database';
import type { StoreChange } from '../port/key-store';

export interface FeedListener {
  /** Another writer's batch. */
  batch(changes: readonly StoreChange[]): void;
  /** An entry that cannot be read: something was missed. */
  unreadable(): void;
  /** From now on every batch is told. */
  live(): void;
  refused(error: Error): void;
}

/** Follows the log, to which every batch is appended in the same update that writes it. */
export class ChangeFeed {
  #isLive = false;
  readonly #entries = new Map<string, { writer: string; at: number }>();

  constructor(
    private readonly log: Reference,
    private readonly writer: string,
    private readonly listener: FeedListener,
  ) {}

  start(): void {
    const refused = (error: Error): void => this.listener.refused(error);
    this.log.on('child_added', (entry) => this.#added(entry), refused);
    this.log.on('child_removed', (entry) => void this.#entries.delete(entry.key ?? ''), refused);
    // The first value follows the entries that stood there before: a load answers for those.
    this.log
      .once('value', () => {
        this.#isLive = true;
        this.listener.live();
      })
      .catch(refused);
  }

  stop(): void {
    this.log.off();
  }

  /** Keys of others' entries that were written before `time`, by the server's clock. */
  strayBefore(time: number): string[] {
    return [...this.#entries].filter(([, { writer, at }]) => writer !== this.writer && at < time).map(([key]) => key);
  }

  #added(entry: DataSnapshot): void {
    const { w: writer, t: at, c: text } = (entry.val() ?? {}) as { w?: unknown; t?: unknown; c?: unknown };
    this.#entries.set(entry.key ?? '', { writer: String(writer), at: typeof at === 'number' ? at : 0 });
    if (!this.#isLive || writer === this.writer) return;
    let changes: StoreChange[];
    try {
      changes = JSON.parse(String(text)) as StoreChange[];
    } catch {
      return this.listener.unreadable();
    }
    this.listener.batch(changes);
  }
}
