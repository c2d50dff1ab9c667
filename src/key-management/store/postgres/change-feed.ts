import type { Batch } from '../port/change-deduplicator';
import { unpackChanges } from './packing';

/** Which data the server has, and the number of its last batch. The epoch is '' before the first write. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export interface FeedListener {
  batch(batch: Batch): void;
  /** Changes may have been missed while connected, or the data is other data. */
  missed(): void;
}

interface Told extends Position {
  readonly writer: string;
  /** The changes, or `@` and the id of a batch whose changes did not fit. */
  readonly packed: string;
}

/** Reads what one connection is told, in its order, and notices what it was not told. */
export class ChangeFeed {
  #position: Position;
  #isBehind = false;
  readonly #waiting: Told[] = [];
  #isWorking = false;

  /**
   * @param start What the server had when listening began.
   * @param fetch The changes of a batch by its id; undefined when they are no longer kept.
   */
  constructor(
    start: Position,
    private readonly writer: string,
    private readonly fetch: (id: string) => Promise<string | undefined>,
    private readonly listener: FeedListener,
  ) {
    this.#position = start;
  }

  take(payload: string): void {
    const [epoch = '', seq = '', writer = '', packed = ''] = payload.split(' ');
    // Anyone may notify: what is no batch is passed over.
    if (epoch === '' || !/^\d+$/.test(seq) || packed === '') return;
    this.#waiting.push({ epoch, seq: Number(seq), writer, packed });
    if (!this.#isWorking) void this.#work();
  }

  /** Compares with what the server has now. A notification may take a moment, but not from one look to the next. */
  look(now: Position): void {
    if (this.#isWorking) return;
    const { epoch, seq } = this.#position;
    const isOther = epoch !== '' && (now.epoch !== epoch || now.seq < seq);
    const wasBehind = this.#isBehind;
    this.#isBehind = now.seq > seq;
    if (isOther || (wasBehind && this.#isBehind)) this.#jump(now);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let told = this.#waiting.shift(); told; told = this.#waiting.shift()) {
      if (!this.#follows(told)) continue;
      if (told.writer === this.writer) continue;
      // Only what does not fit gives up the turn, so that the rest is delivered in the turn in which it comes.
      const packed = told.packed.startsWith('@') ? await this.#fetched(told.packed.slice(1)) : told.packed;
      const changes = packed === undefined ? undefined : unpackChanges(packed);
      if (changes) this.listener.batch({ seq: told.seq, changes });
      else this.listener.missed();
    }
    this.#isWorking = false;
  }

  /** Whether it is the batch after the last one that was read. */
  #follows({ epoch, seq }: Told): boolean {
    const last = this.#position;
    const isSame = epoch === last.epoch || (last.epoch === '' && last.seq === 0);
    if (isSame && seq <= last.seq) return false;
    if (!isSame || seq !== last.seq + 1) {
      this.#jump({ epoch, seq });
      return false;
    }
    this.#position = { epoch, seq };
    this.#isBehind = false;
    return true;
  }

  #jump(to: Position): void {
    this.#position = to;
    this.#isBehind = false;
    this.listener.missed();
  }

  /** Undefined as well when the connection ends meanwhile: then all is loaded again. */
  async #fetched(id: string): Promise<string | undefined> {
    try {
      return await this.fetch(id);
    } catch {
      return undefined;
    }
  }
}
