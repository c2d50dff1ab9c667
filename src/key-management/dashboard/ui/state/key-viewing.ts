import { ApiError, messageOf } from '../api/api-error';
import type { Client } from '../api/client';
import type { KeyDetails, LogEvent, Resolution, TimelineEntry } from '../api/types';
import type { Data } from './data';
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
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unsubscribe: (() => void) | undefined;
  #newest: LogEvent | undefined;
  #stopped = false;

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
      this.#again(GATHER_MS);
    });
    void this.load();
  }

  stop(): void {
    this.#stopped = true;
    this.#unsubscribe?.();
    clearTimeout(this.#timer);
  }

  chooseResolution(resolution: Resolution): void {
    this.state.patch({ resolution });
    void this.load();
  }

  /** Shows a problem in the view instead of rejecting. */
  async load(): Promise<void> {
    clearTimeout(this.#timer);
    const { resolution } = this.state.value;
    const [details, events, timeline] = await Promise.allSettled([
      this.client.keyDetails(this.provider, this.id),
      this.client.keyEvents(this.provider, this.id, MOST_EVENTS),
      this.client.keyTimeline(this.provider, this.id, resolution),
    ]);
    if (this.#stopped) return;
    if (events.status === 'fulfilled') this.state.patch({ events: events.value.events });
    if (timeline.status === 'fulfilled' && this.state.value.resolution === resolution)
      this.state.patch({ timeline: timeline.value.timeline });
    if (details.status === 'fulfilled') {
      this.state.patch({ phase: 'ready', details: details.value, problem: undefined });
      this.data.putKeys([details.value]);
    } else this.#failed(details.reason);
    this.#again(FRESH_MS);
  }

  #failed(error: unknown): void {
    if (error instanceof ApiError && error.status === 404) this.state.patch({ phase: 'gone', problem: error.message });
    else this.state.patch({ problem: messageOf(error) });
  }

  #again(pause: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      if (document.hidden) this.#again(FRESH_MS);
      else void this.load();
    }, pause);
  }

  #newestEvent(): LogEvent | undefined {
    return this.data.state.value.events.find(
      ({ provider, key_id: keyId }) => provider === this.provider && keyId === this.id,
    );
  }
}
