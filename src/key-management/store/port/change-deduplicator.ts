import type { StoreChange } from './key-store';

export interface Batch {
  /** Batches are numbered consecutively over all writers. */
  seq: number;
  changes: StoreChange[];
}

/**
 * Delivers each change of others exactly once together with the loads: batches wait while a load is under way, and a change whose batch
 * the load's answer already contains is not delivered after it. The sequence numbers of the batches decide.
 */
export class ChangeDeduplicator {
  #loads = 0;
  #waiting: Batch[] = [];
  /** The last batch that the latest load has of each document. */
  #loadedSeqs = new Map<string, number>();
  #greatestLoadedSeq = 0;

  constructor(private readonly deliver: (changes: StoreChange[]) => void) {}

  receive(batch: Batch): void {
    if (this.#loads > 0) this.#waiting.push(batch);
    else this.#deliverNew(batch);
  }

  /**
   * From now on batches wait, since only the end of the load shows whether it contains them.
   * @returns Ends the load. Takes, of each loaded document, the number of the last batch that is in it.
   */
  beginLoad(): (seqs: ReadonlyMap<string, number>) => void {
    this.#loads += 1;
    const loadedSeqs = this.#loadedSeqs;
    return (seqs) => {
      // After `reset` the numbers mean other batches.
      if (loadedSeqs === this.#loadedSeqs) {
        for (const [doc, seq] of seqs) {
          loadedSeqs.set(doc, seq);
          this.#greatestLoadedSeq = Math.max(this.#greatestLoadedSeq, seq);
        }
      }
      // Only after the caller of the load has received its answer.
      setImmediate(() => {
        this.#loads -= 1;
        if (this.#loads === 0) for (const batch of this.#waiting.splice(0)) this.#deliverNew(batch);
      });
    };
  }

  /** The numbers begin anew: the server has other data, or batches were missed. */
  reset(): void {
    this.#loadedSeqs = new Map();
    this.#greatestLoadedSeq = 0;
    this.#waiting = [];
  }

  #deliverNew({ seq, changes }: Batch): void {
    const news = changes.filter(({ doc }) => seq > (this.#loadedSeqs.get(doc) ?? 0));
    if (seq >= this.#greatestLoadedSeq) this.#loadedSeqs.clear();
    if (news.length > 0) this.deliver(news);
  }
}
