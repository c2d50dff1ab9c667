import { ApiError, messageOf } from '../api/api-error';
import { readEventStream } from '../api/event-stream';
import type { Http } from '../api/http';
import type { LogEvent } from '../api/types';
import { Store } from './store';

export interface LiveState {
  /** `lost`: waiting to try again at `retryAt`. `unsupported`: the server has no live stream. */
  phase: 'connecting' | 'live' | 'lost' | 'retrying' | 'unsupported';
  retryAt: number;
  reason: string | undefined;
}

export interface LiveEvents {
  /** The stream is open: whatever happened meanwhile may be fetched. */
  opened(): void;
  event(event: LogEvent): void;
  lost(): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const UNSUPPORTED_PAUSE_MS = 60_000;

/** Each failure doubles the pause; a little chance keeps a thousand pages from coming back at the same moment. */
const pauseAfter = (failures: number, chance = Math.random()): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, failures - 1)) * (0.8 + 0.4 * chance);

/** Keeps the live stream open, and says how it stands. */
export class Live {
  readonly state = new Store<LiveState>({ phase: 'connecting', retryAt: 0, reason: undefined });
  readonly #stopped = new AbortController();
  #lastEventId: string | undefined;
  #failures = 0;
  #wake: (() => void) | undefined;

  constructor(
    private readonly http: Http,
    private readonly on: LiveEvents,
  ) {}

  start(): void {
    void this.#run();
    addEventListener('online', this.retryNow);
  }

  stop(): void {
    removeEventListener('online', this.retryNow);
    this.#stopped.abort();
    this.#wake?.();
  }

  readonly retryNow = (): void => this.#wake?.();

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      try {
        await readEventStream(this.http, this.#lastEventId, signal, {
          opened: () => this.#opened(),
          message: ({ id, event, data }) => {
            if (id !== undefined) this.#lastEventId = id;
            if (event === 'key' || event === 'action') this.#received(data);
            // Entries were missed: what we know may be old.
            else if (event === 'reset') this.on.opened();
          },
        });
      } catch (error) {
        if (stopped()) return;
        await this.#failed(error);
      }
    }
  }

  #opened(): void {
    this.#failures = 0;
    this.state.set({ phase: 'live', retryAt: 0, reason: undefined });
    this.on.opened();
  }

  #received(data: string): void {
    try {
      this.on.event(JSON.parse(data) as LogEvent);
    } catch {
      // One entry that cannot be read must not cost the connection.
    }
  }

  async #failed(error: unknown): Promise<void> {
    this.#failures += 1;
    const unsupported = error instanceof ApiError && error.status === 404;
    const pause = unsupported ? UNSUPPORTED_PAUSE_MS : pauseAfter(this.#failures);
    const wasLive = this.state.value.phase === 'live';
    this.state.set({
      phase: unsupported ? 'unsupported' : 'lost',
      retryAt: Date.now() + pause,
      reason: error instanceof DOMException ? 'The connection fell silent.' : messageOf(error),
    });
    if (wasLive || this.#failures === 1) this.on.lost();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    if (!unsupported && !this.#stopped.signal.aborted) this.state.patch({ phase: 'retrying' });
  }
}
