import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import type { FailedCall } from '../api/types';
import { Refreshing } from './refreshing';
import { Store } from './store';
import { failedFilter } from './view';

interface FailedCallsState {
  /** `off`: the server keeps none, as `problem` says. */
  phase: 'loading' | 'ready' | 'off';
  /** Newest first. */
  calls: readonly FailedCall[];
  /** There are more than are shown. */
  hasMore: boolean;
  problem: string | undefined;
}

const FRESH_MS = 15_000;
/** While the server keeps none. */
const RARELY_MS = 120_000;
export const MOST_FAILED_CALLS = 300;

/** The latest failed calls, kept fresh while the panel is in the page. */
export class FailedCalls {
  readonly state = new Store<FailedCallsState>({ phase: 'loading', calls: [], hasMore: false, problem: undefined });
  readonly #refreshing = new Refreshing(() => this.load(), FRESH_MS);
  #unsubscribe: (() => void) | undefined;
  #asked = 0;

  constructor(private readonly client: Client) {}

  start(): void {
    this.#unsubscribe = failedFilter.subscribe(() => void this.load());
    void this.load();
  }

  stop(): void {
    this.#refreshing.stop();
    this.#unsubscribe?.();
  }

  /** Shows a problem in the panel instead of rejecting. */
  async load(): Promise<void> {
    this.#refreshing.pause();
    this.#asked += 1;
    const asked = this.#asked;
    const { provider, outcome } = failedFilter.value;
    const query = { ...(provider !== undefined && { provider }), ...(outcome !== undefined && { outcome }) };
    try {
      const { failed_calls: calls, next_cursor: next } = await this.client.failedCalls(MOST_FAILED_CALLS, query);
      if (asked === this.#asked) this.state.set({ phase: 'ready', calls, hasMore: next !== null, problem: undefined });
    } catch (error) {
      if (asked === this.#asked) this.#failed(error);
    }
    if (asked === this.#asked) this.#refreshing.again(this.state.value.phase === 'off' ? RARELY_MS : FRESH_MS);
  }

  #failed(error: unknown): void {
    const isOff = error instanceof ApiError && error.status === 404;
    this.state.patch({ problem: messageOf(error), ...(isOff && { phase: 'off', calls: [] }) });
  }
}
