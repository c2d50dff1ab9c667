import type { Clock } from '../../src/key-management/common/clock';
import { TimeHeap, type Timed } from '../../src/key-management/common/time-heap';

class Timer implements Timed {
  heapIndex = -1;
  constructor(
    public until: number,
    readonly callback: () => void,
  ) {}
}

/** When every simulation begins: any time that clocks show. Milliseconds since the epoch. */
export const BEGINNING = Date.UTC(2026, 0, 1, 12);

/** A clock for discrete-event simulation: time passes only when nothing is left to do. */
export class VirtualClock implements Clock {
  readonly #timers = new TimeHeap<Timer>();
  #now = BEGINNING;

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = new Timer(this.#now + Math.max(0, ms), callback);
    this.#timers.put(timer);
    return () => {
      this.#timers.remove(timer);
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Runs until that time. Everything that happens at one instant is finished before the next. */
  async runUntil(end: number): Promise<void> {
    await turn();
    for (let timer = this.#timers.peek(); timer && timer.until <= end; timer = this.#timers.peek()) {
      this.#timers.remove(timer);
      this.#now = Math.max(this.#now, timer.until);
      timer.callback();
      await turn();
    }
    this.#now = end;
  }
}

/** The clock of one machine: in whole milliseconds, ahead of the others or behind, and gone when the machine dies. */
export class MachineClock implements Clock {
  #isDead = false;

  constructor(
    private readonly clock: VirtualClock,
    private readonly aheadMs: number,
  ) {}

  now(): number {
    return Math.floor(this.clock.now() + this.aheadMs);
  }

  after(ms: number, callback: () => void): () => void {
    // As Node's timers do: in whole milliseconds, and at least one.
    return this.clock.after(Math.max(1, Math.trunc(ms)), () => {
      if (!this.#isDead) callback();
    });
  }

  die(): void {
    this.#isDead = true;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
