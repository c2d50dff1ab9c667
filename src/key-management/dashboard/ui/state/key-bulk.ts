import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import type { BulkResult, KeyEntry } from '../api/types';
import { bulkChunks, outcomeOf, type BulkAction, type BulkChunk, type BulkOutcome } from '../model/bulk';
import type { Data } from './data';
import { Store } from './store';

interface BulkState {
  phase: 'asking' | 'running' | 'done';
  total: number;
  outcomes: readonly BulkOutcome[];
  /** Keys that were not acted on, because it was stopped or failed. */
  left: number;
  problem: string | undefined;
  /** What the store did not take. */
  notice: string | undefined;
}

/** One act on many keys, in portions. */
export class KeyBulk {
  readonly state: Store<BulkState>;
  #waiting: BulkChunk[];
  #stopping = new AbortController();
  readonly #forgotten = new AbortController();

  constructor(
    private readonly client: Client,
    private readonly data: Data,
    private readonly action: BulkAction,
    keys: readonly KeyEntry[],
  ) {
    this.#waiting = bulkChunks(keys, action);
    this.state = new Store<BulkState>({
      phase: 'asking',
      total: keys.length,
      outcomes: [],
      left: keys.length,
      problem: undefined,
      notice: undefined,
    });
  }

  /** Also after it was stopped or failed: what is left is done. */
  async run(): Promise<void> {
    this.#stopping = new AbortController();
    this.state.patch({ phase: 'running', problem: undefined });
    try {
      for (let chunk = this.#waiting[0]; chunk && !this.#stopping.signal.aborted; chunk = this.#waiting[0]) {
        this.#note(chunk, await this.#send(chunk));
        this.#waiting = this.#waiting.slice(1);
      }
    } catch (error) {
      if (!this.#forgotten.signal.aborted) this.state.patch({ problem: messageOf(error) });
    }
    const left = this.#waiting.reduce((sum, { keys }) => sum + keys.length, 0);
    this.state.patch({ phase: 'done', left });
  }

  /** After the portion underway, so that every key that was sent has its result. */
  stop(): void {
    this.#stopping.abort();
  }

  forget(): void {
    this.stop();
    this.#forgotten.abort();
  }

  async #send({ provider, keys }: BulkChunk): Promise<BulkResult> {
    const ids = keys.map(({ id }) => id);
    try {
      return await this.client.bulk(provider, this.action, ids, this.#forgotten.signal);
    } catch (error) {
      // It is done, and not kept yet.
      if (!(error instanceof ApiError) || !error.notKept) throw error;
      this.state.patch({ notice: error.message });
      return error.notKept as unknown as BulkResult;
    }
  }

  #note({ keys }: BulkChunk, { keys: results }: BulkResult): void {
    const byPlace = new Map(results.map((result) => [result.place, result]));
    const outcomes = keys.map((key, place) => outcomeOf(key, this.action, byPlace.get(place)));
    this.state.patch({ outcomes: [...this.state.value.outcomes, ...outcomes] });
    this.#show(keys, byPlace);
  }

  /** At once; the lists of the server follow. */
  #show(keys: readonly KeyEntry[], byPlace: ReadonlyMap<number, BulkResult['keys'][number]>): void {
    const changed: KeyEntry[] = [];
    for (const [place, { provider, id }] of keys.entries()) {
      const { result, status = null, reason = null } = byPlace.get(place) ?? {};
      const now = this.data.keys.get(provider, id);
      if (result === 'not_found' || (this.action === 'delete' && result !== undefined))
        this.data.keys.delete(provider, id);
      else if (now && status !== null && status !== now.status)
        changed.push({ ...now, status, enabled: status !== 'disabled', reason });
    }
    this.data.putKeys(changed);
  }
}
