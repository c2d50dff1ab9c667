import type { Outcome } from '../classification/outcome';
import type { KeyRecord } from './key-record';
import type { CallObserver } from './pool-observer';
import type { Source } from './settlement';

/** Entries of each kind before those who read are told without being asked: some of the processor's nearest cache. */
const CAPACITY = 256;

/**
 * What calls of one provider came to, until those behind the pool are told. In batches: telling each of them of each call costs
 * a call several times what the counting does.
 */
export class CallLog {
  #observers: readonly CallObserver[] = [];
  readonly #records: KeyRecord[] = [];
  readonly #outcomes: Outcome[] = [];
  readonly #sources: Source[] = [];
  readonly #durations = new Float64Array(CAPACITY);
  #settled = 0;

  readonly #successes = new Uint8Array(CAPACITY);
  readonly #attempts = new Uint32Array(CAPACITY);
  readonly #totalTimes = new Float64Array(CAPACITY);
  #ended = 0;

  /** @param begun Told of the first entry since all were told. */
  constructor(private readonly begun: () => void) {}

  /** A lease was settled. On the hot path. */
  settled(record: KeyRecord, outcome: Outcome, durationMs: number, source: Source): void {
    const at = this.#settled;
    this.#records[at] = record;
    this.#outcomes[at] = outcome;
    this.#sources[at] = source;
    this.#durations[at] = durationMs;
    this.#settled = at + 1;
    if (at === 0) this.begun();
    else if (at === CAPACITY - 1) this.tell();
  }

  /** A managed call ended. On the hot path. */
  ended(success: boolean, attempts: number, totalTimeMs: number): void {
    const at = this.#ended;
    this.#successes[at] = success ? 1 : 0;
    this.#attempts[at] = attempts;
    this.#totalTimes[at] = totalTimeMs;
    this.#ended = at + 1;
    if (at === 0) this.begun();
    else if (at === CAPACITY - 1) this.tell();
  }

  /** From now on these are told of all that comes. */
  observe(observers: readonly CallObserver[]): void {
    this.tell();
    this.#observers = observers;
  }

  /** Tells all that was not told yet. */
  tell(): void {
    const [settled, ended] = [this.#settled, this.#ended];
    this.#settled = this.#ended = 0;
    for (const observer of this.#observers) {
      for (let at = 0; at < settled; at += 1) {
        observer.leaseSettled(this.#records[at]!, this.#outcomes[at]!, this.#durations[at]!, this.#sources[at]!);
      }
      for (let at = 0; at < ended; at += 1) {
        observer.callEnded(this.#successes[at] === 1, this.#attempts[at]!, this.#totalTimes[at]!);
      }
    }
  }
}
