import type { Clock } from '../src/key-management';

/** Real time plus an offset, so that the demo need not wait five minutes for a re-check. */
export class MovableClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  after(ms: number, callback: () => void, keepAlive = true): () => void {
    const timer = setTimeout(callback, ms);
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  }

  forward(seconds: number): void {
    this.#aheadMs += seconds * 1_000;
  }
}
