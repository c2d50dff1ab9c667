import type { StoreChange } from '../port/key-store';

export interface Batch {
  /** Batches are numbered one by one over all writers. */
  seq: number;
  changes: StoreChange[];
}

/** Tells the changes of others, each once: what a load has given already is not told again after it. */
export class ToldChanges {
  #loads = 0;
  #waiting: Batch[] = [];
  /** Up to which batch the latest load knows each document. */
  #known = new Map<string, number>();
  #knownUpTo = 0;

  constructor(private readonly tell: (changes: StoreChange[]) => void) {}

  take(batch: Batch): void {
    if (this.#loads > 0) this.#waiting.push(batch);
    else this.#pass(batch);
  }

  /**
   * From now on changes wait, since whether the load holds them is not known before its end.
   * @returns ends the load; takes what it gave, with the number of the last batch in each document
   */
  beginLoad(): (documents: ReadonlyMap<string, number>) => void {
    this.#loads += 1;
    const known = this.#known;
    return (documents) => {
      // After `forget` the numbers mean other batches.
      if (known === this.#known) this.#remember(documents);
      // Later, when the caller of the load has got it.
      setImmediate(() => {
        this.#loads -= 1;
        if (this.#loads === 0) for (const batch of this.#waiting.splice(0)) this.#pass(batch);
      });
    };
  }

  /** Numbers begin anew: this is other data, or batches were missed. */
  forget(): void {
    this.#known = new Map();
    this.#knownUpTo = 0;
    this.#waiting = [];
  }

  #remember(documents: ReadonlyMap<string, number>): void {
    for (const [doc, seq] of documents) {
      this.#known.set(doc, seq);
      this.#knownUpTo = Math.max(this.#knownUpTo, seq);
    }
  }

  #pass({ seq, changes }: Batch): void {
    const news = changes.filter(({ doc }) => seq > (this.#known.get(doc) ?? 0));
    if (seq >= this.#knownUpTo) this.#known.clear();
    if (news.length > 0) this.tell(news);
  }
}
