import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import type { AddedKeys, KeyVerdict } from '../api/types';
import { chunks, chunkSize, masked } from '../model/parse-keys';
import { Store } from './store';

export interface AddingState {
  phase: 'form' | 'sending' | 'done';
  total: number;
  verdicts: readonly KeyVerdict[];
  /** Keys without a verdict, because sending stopped or failed. */
  unsent: number;
  problem: string | undefined;
  notice: string | undefined;
}

const START: AddingState = {
  phase: 'form',
  total: 0,
  verdicts: [],
  unsent: 0,
  problem: undefined,
  notice: undefined,
};

interface NewKey {
  key: string;
  label?: string;
  /** Only where one key is added. */
  id?: string;
}

/** Sends keys in small portions. The keys are held here, out of the page, only until they are sent or the dialog closes. */
export class KeyAdding {
  readonly state = new Store<AddingState>(START);
  #waiting: NewKey[] = [];
  /** That keys are added to. */
  provider = '';
  #stopping = new AbortController();
  readonly #forgotten = new AbortController();

  constructor(private readonly client: Client) {}

  /** @param given What the form says of the keys; blank where it says nothing. */
  async send(provider: string, keys: readonly string[], given: { label: string; id: string }): Promise<void> {
    this.provider = provider;
    const { label, id } = given;
    this.#waiting = keys.map((key) => ({ key, ...(label !== '' && { label }), ...(id !== '' && { id }) }));
    this.state.set({ ...START, total: keys.length });
    await this.sendWaiting();
  }

  /** Also after a failure: what is left is tried again. */
  async sendWaiting(): Promise<void> {
    this.#stopping = new AbortController();
    this.state.patch({ phase: 'sending', problem: undefined, unsent: 0 });
    try {
      for (const chunk of chunks(this.#waiting, chunkSize(this.#waiting.length))) {
        if (this.#stopping.signal.aborted) break;
        this.#note(await this.#sendChunk(chunk));
        this.#waiting = this.#waiting.slice(chunk.length);
      }
    } catch (error) {
      if (!this.#forgotten.signal.aborted) this.state.patch({ problem: messageOf(error) });
    }
    this.state.patch({ phase: 'done', unsent: this.#waiting.length });
  }

  /** After the portion underway, so that every key that was sent gets its verdict. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The keys are let go of. */
  forget(): void {
    this.stop();
    this.#waiting = [];
    this.#forgotten.abort();
  }

  /** A malformed key makes the server refuse its whole portion, naming it; the others are sent again without it. */
  async #sendChunk(chunk: readonly NewKey[]): Promise<AddedKeys> {
    const { signal } = this.#forgotten;
    try {
      return await this.client.addKeys(this.provider, chunk, signal);
    } catch (error) {
      if (error instanceof ApiError && error.notKept)
        return { ...(error.notKept as unknown as AddedKeys), notice: error.message };
      const problems =
        error instanceof ApiError && error.status === 400 ? problemsByIndex(error) : new Map<number, string>();
      if (problems.size === 0) throw error;
      const refused = [...problems].map(([index, problem]) => refusal(chunk[index], problem));
      const rest = chunk.filter((_, index) => !problems.has(index));
      const added =
        rest.length === 0 ? { keys: [], notice: null } : await this.client.addKeys(this.provider, rest, signal);
      return { keys: [...refused, ...added.keys], notice: added.notice };
    }
  }

  #note({ keys, notice }: AddedKeys): void {
    const { verdicts, notice: before } = this.state.value;
    this.state.patch({ verdicts: [...verdicts, ...keys], notice: notice ?? before });
  }
}

function problemsByIndex({ problems }: ApiError): Map<number, string> {
  const byIndex = new Map<number, string>();
  for (const { field, problem } of problems) {
    const index = /^keys\.(\d+)(?:\.|$)/.exec(field)?.[1];
    if (index !== undefined) byIndex.set(Number(index), problem);
  }
  return byIndex;
}

const refusal = (key: NewKey | undefined, problem: string): KeyVerdict => ({
  masked_key: masked(key?.key ?? ''),
  verdict: 'refused',
  status: null,
  outcome: 'malformed',
  reason: problem,
});
