import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import type { KeyDetails, LogEvent, Resolution, TimelineEntry } from '../api/types';
import type { Data } from './data';
import { Refreshing } from './refreshing';
import { Store } from './store';

interface KeyViewState {
  /** `gone`: the provider has no such key; its events may still tell why. */
  phase: 'loading' | 'ready' | 'gone';
  details: KeyDetails | undefined;
  /** Newest first. */
  events: readonly LogEvent[];
  timeline: readonly TimelineEntry[];
  resolution: Resolution;
  /** Why the last try failed. */
  problem: string | undefined;
}

const FRESH_MS = 5_000;
/** Of the log, for one key. */
const MOST_EVENTS = 100;
/** A burst of events is asked about once. */
const GATHER_MS = 400;

/** Keeps what a key's own view shows fresh, as long as it is open. */
export class KeyViewing {
  readonly state = new Store<KeyViewState>({
    phase: 'loading',
    details: undefined,
    events: [],
    timeline: [],
    resolution: 'minute',
    problem: undefined,
  });
  readonly #refreshing = new Refreshing(() => this.load(), FRESH_MS);
  #unsubscribe: (() => void) | undefined;
  #newest: LogEvent | undefined;

  constructor(
    private readonly client: Client,
    private readonly data: Data,
    readonly provider: string,
    readonly id: string,
  ) {}

  start(): void {
    this.#newest = this.#newestEvent();
    this.#unsubscribe = this.data.state.subscribe(() => {
      const newest = this.#newestEvent();
      if (newest === undefined || newest === this.#newest) return;
      this.#newest = newest;
      this.#refreshing.again(GATHER_MS);
    });
    void this.load();
  }

  stop(): void {
    this.#refreshing.stop();
    this.#unsubscribe?.();
  }

  chooseResolution(resolution: Resolution): void {
    this.state.patch({ resolution });
    void this.load();
  }

  /** Shows a problem in the view instead of rejecting. */
  async load(): Promise<void> {
    this.#refreshing.pause();
    const { resolution } = this.state.value;
    const [details, events, timeline] = await Promise.allSettled([
      this.client.keyDetails(this.provider, this.id),
      this.client.keyEvents(this.provider, this.id, MOST_EVENTS),
      this.client.keyTimeline(this.provider, this.id, resolution),
    ]);
    if (this.#refreshing.isStopped) return;
    if (events.status === 'fulfilled') this.state.patch({ events: events.value.events });
    if (timeline.status === 'fulfilled' && this.state.value.resolution === resolution)
      this.state.patch({ timeline: timeline.value.timeline });
    if (details.status === 'fulfilled') {
      this.state.patch({ phase: 'ready', details: details.value, problem: undefined });
      this.data.putKeys([details.value]);
    } else this.#failed(details.reason);
    this.#refreshing.again(FRESH_MS);
  }

  #failed(error: unknown): void {
    if (error instanceof ApiError && error.status === 404) this.state.patch({ phase: 'gone', problem: error.message });
    else this.state.patch({ problem: messageOf(error) });
  }

  #newestEvent(): LogEvent | undefined {
    return this.data.state.value.events.find(
      ({ provider, key_id: keyId }) => provider === this.provider && keyId === this.id,
    );
  }
}
