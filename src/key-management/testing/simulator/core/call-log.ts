import { newCounters, type CallRecord, type KeyCounters } from './call-record';
import { realTimer } from './timers';

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
}

/** What a vendor was asked. Counters are exact; of the records only the newest are kept. */
export class CallLog implements Iterable<CallRecord> {
  #records: CallRecord[] = [];
  readonly #counters = new Map<string, KeyCounters>();
  readonly #waiters = new Set<Waiter>();
  #all = newCounters();

  constructor(private readonly limit: number) {}

  get total(): number {
    return this.#all.total;
  }

  get inFlight(): number {
    return this.#all.inFlight;
  }

  /** Counters over every key. */
  get totals(): Readonly<KeyCounters> {
    return this.#all;
  }

  get last(): CallRecord | undefined {
    return this.#records.at(-1);
  }

  [Symbol.iterator](): Iterator<CallRecord> {
    return this.#records[Symbol.iterator]();
  }

  toArray(): CallRecord[] {
    return [...this.#records];
  }

  /** The records of one key, oldest first. */
  of(key: string): CallRecord[] {
    return this.#records.filter((record) => record.key === key);
  }

  forKey(key: string): Readonly<KeyCounters> {
    return this.#counters.get(key) ?? newCounters();
  }

  /** Forgets everything but the calls still in flight. */
  reset(): void {
    this.#records = [];
    for (const counters of [this.#all, ...this.#counters.values()]) {
      const { inFlight } = counters;
      Object.assign(counters, newCounters(), { inFlight, peakInFlight: inFlight });
    }
  }

  waitForCalls(count: number, timeoutMs?: number): Promise<void> {
    return this.waitFor(() => this.total >= count, timeoutMs, `${count} calls`);
  }

  waitForIdle(timeoutMs?: number): Promise<void> {
    return this.waitFor(() => this.inFlight === 0, timeoutMs, 'no call in flight');
  }

  /** Resolves once the condition holds; it is asked again whenever a call arrives, is answered or ends. */
  waitFor(holds: (log: CallLog) => boolean, timeoutMs = 5000, what = 'the condition'): Promise<void> {
    if (holds(this)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        holds: () => holds(this),
        resolve: () => {
          cancel();
          resolve();
        },
      };
      const cancel = realTimer(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`waited ${timeoutMs} ms for ${what}; calls: ${this.total}, in flight: ${this.inFlight}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  arrived(record: CallRecord): void {
    if (this.limit > 0) this.#records.push(record);
    // Cut in blocks: shifting at every call would cost as much as the call.
    if (this.#records.length > this.limit * 2) this.#records = this.#records.slice(-this.limit);
    for (const counters of [this.#all, this.#countersOf(record.key)]) {
      counters.total += 1;
      counters.inFlight += 1;
      counters.peakInFlight = Math.max(counters.peakInFlight, counters.inFlight);
    }
    this.#notify();
  }

  answered(record: CallRecord, status: number): void {
    record.status = status;
    this.#notify();
  }

  ended(record: CallRecord, aborted: boolean): void {
    record.done = true;
    record.aborted = aborted;
    for (const counters of [this.#all, this.#countersOf(record.key)]) {
      counters.inFlight -= 1;
      if (aborted) counters.aborted += 1;
      if (record.status !== undefined) {
        counters.byStatus[record.status] = (counters.byStatus[record.status] ?? 0) + 1;
        if (record.status < 400) counters.ok += 1;
      }
      counters.byOutcome[record.outcome] = (counters.byOutcome[record.outcome] ?? 0) + 1;
    }
    this.#notify();
  }

  #countersOf(key: string): KeyCounters {
    let counters = this.#counters.get(key);
    if (counters === undefined) this.#counters.set(key, (counters = newCounters()));
    return counters;
  }

  #notify(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.holds()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
