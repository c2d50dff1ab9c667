import type { LearnedRate } from '../../src/key-management/pool/limits/learned-rate';

/** One account whose calls are sent by a rate, as its limiter books them. */
export class RateCalls {
  #units = 0;
  #calls = 0;

  constructor(readonly rate: LearnedRate) {}

  /** So many calls are sent, evenly from one time to another. */
  sent(count: number, from: number, to = from, size = 1): void {
    for (let call = 0; call < count; call += 1) this.#start(size, from + ((to - from) * call) / count);
  }

  /** A call is sent, and refused at once. */
  refused(at: number, waitMs?: number, size = 1): void {
    this.#start(size, at);
    const soFar = { soFar: this.#units, callsSoFar: this.#calls };
    this.rate.refused({ sentAt: at, size, waitMs, ...soFar }, at);
  }

  #start(size: number, at: number): void {
    this.#units += size;
    this.#calls += 1;
    this.rate.started(size, at);
  }
}
