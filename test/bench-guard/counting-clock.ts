import type { Clock } from '../../src/key-management';
import { FakeClock } from '../support/fake-clock';

/** A clock that a test moves, and that knows how often it was asked. */
export class CountingClock implements Clock {
  readonly time = new FakeClock();
  reads = 0;
  timers = 0;

  now(): number {
    this.reads += 1;
    return this.time.now();
  }

  after(ms: number, callback: () => void): () => void {
    this.timers += 1;
    return this.time.after(ms, callback);
  }

  reset(): void {
    this.reads = 0;
    this.timers = 0;
  }
}
