import type { Clock, Random } from '../common/clock';
import { within } from '../common/settles-within';
import { DEFAULT_REFRESH_MS, type KeySource } from '../configuration/key-source';
import type { KeyInput } from '../pool/key/key-input';
import { retryAfterMs } from './token-schedule';

/** A read may take so long. Milliseconds. */
export const READ_TIMEOUT_MS = 10_000;
/** Changes come in bunches: the source is read this long after the first of them. Milliseconds. */
const DEBOUNCE_MS = 250;
/** A watcher that fires all the time has the source read this often at most. Milliseconds. */
const LEAST_GAP_MS = 1_000;

export type SourceKeys = readonly (string | KeyInput)[];

export interface SourceReaderEvents {
  /** Takes the keys in. What it throws makes the read a failed one. The next read waits for it. */
  readonly read: (keys: SourceKeys) => Promise<void> | void;
  readonly failed: (error: unknown, failures: number) => void;
  /** The first good read after failed ones. */
  readonly recovered: () => void;
  /** The source cannot be watched: it is only read from time to time. */
  readonly unwatched: (error: unknown) => void;
}

/**
 * Reads one source: when it says that something changed, and from time to time; after a failure sooner, with exponential backoff. One read at a time:
 * what comes while one is under way is read afterwards.
 */
export class SourceReader {
  failures = 0;
  /** The last good read; milliseconds since the epoch. */
  lastReadAt: number | undefined;
  #startedAt = -Infinity;
  #isReading = false;
  #hasChanged = false;
  #dueAt = Infinity;
  #closed = false;
  #cancelTimer = (): void => undefined;
  #stopWatching = (): void => undefined;
  readonly #closing = new AbortController();

  constructor(
    readonly provider: string,
    readonly source: KeySource,
    private readonly events: SourceReaderEvents,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Reads it for the first time, before it is watched. Never rejects. */
  first(): Promise<void> {
    return this.#read();
  }

  /** Watches it, and reads it from then on. */
  start(): void {
    if (this.#closed) return;
    try {
      this.#stopWatching = this.source.watch?.(() => this.#changed()) ?? this.#stopWatching;
    } catch (error) {
      this.events.unwatched(error);
    }
    this.#readAfter(this.#pauseMs());
  }

  /** A read that is under way changes nothing any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer();
    this.#closing.abort(new DOMException('The app is closing.', 'AbortError'));
    try {
      this.#stopWatching();
    } catch {
      // It is the source's own, and ends with the process at the latest.
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  #changed(): void {
    if (this.#isReading) this.#hasChanged = true;
    else this.#readAfter(this.#debounceMs());
  }

  #debounceMs(): number {
    return Math.max(DEBOUNCE_MS, this.#startedAt + LEAST_GAP_MS - this.clock.now());
  }

  #pauseMs(): number {
    if (this.#hasChanged) return this.#debounceMs();
    return this.failures > 0
      ? retryAfterMs(this.failures, this.random())
      : (this.source.refreshMs ?? DEFAULT_REFRESH_MS);
  }

  /** Not later than it is to be read anyway. */
  #readAfter(ms: number): void {
    const at = this.clock.now() + ms;
    if (this.#closed || this.#isReading || at >= this.#dueAt) return;
    this.#dueAt = at;
    this.#cancelTimer();
    this.#cancelTimer = this.clock.after(ms, () => void this.#readAndGoOn(), false);
  }

  async #readAndGoOn(): Promise<void> {
    await this.#read();
    this.#readAfter(this.#pauseMs());
  }

  async #read(): Promise<void> {
    this.#dueAt = Infinity;
    this.#hasChanged = false;
    this.#isReading = true;
    this.#startedAt = this.clock.now();
    try {
      const keys = await this.#inTime();
      if (this.#closed) return;
      await this.events.read(keys);
      this.lastReadAt = this.clock.now();
      if (this.failures > 0 && !this.closed) this.events.recovered();
      this.failures = 0;
    } catch (error) {
      if (this.#closed) return;
      this.failures += 1;
      this.events.failed(error, this.failures);
    } finally {
      this.#isReading = false;
    }
  }

  /** @throws Error when it takes too long or gives no list of keys, and whatever the source throws */
  async #inTime(): Promise<SourceKeys> {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.#closing.signal]);
    const closed = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    // A function of JavaScript may give the list itself, or throw at once.
    const asked = (async () => this.source.read({ provider: this.provider, signal }))();
    // Nobody waits for it any more when it fails too late.
    asked.catch(() => undefined);
    const isInTime = await within(READ_TIMEOUT_MS, Promise.race([asked, closed]), this.clock, false);
    if (this.#closed) return [];
    if (!isInTime) {
      controller.abort(new DOMException('The read took too long.', 'TimeoutError'));
      throw new Error(`it took more than ${READ_TIMEOUT_MS / 1_000} s`);
    }
    const keys: unknown = await asked;
    if (!Array.isArray(keys)) throw new TypeError('it must give a list of keys');
    return keys as SourceKeys;
  }
}
