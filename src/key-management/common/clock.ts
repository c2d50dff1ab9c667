import { uptime } from 'node:os';

/** Time and chance, injected so that tests are exact. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls back once, after `ms`; returns what takes the timer back.
   * @param keepAlive Whether the process stays alive for it. Default true: a call that waits is work to be done.
   */
  after(ms: number, callback: () => void, keepAlive?: boolean): () => void;
}

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;

/** setTimeout fires at once above this, so longer waits are cut into pieces. */
const MAX_TIMER_MS = 2_147_483_647;

/** The interval at which the machine's clock is compared with elapsed time, which costs more to read. Milliseconds. */
const DRIFT_CHECK_MS = 1_000;
/** How much faster or slower the clock runs while it is slewed: a cooldown changes by a tenth at most, and an hour is made up in ten. */
const MAX_SLEW_RATE = 0.1;
/** A shorter sleep of the machine cannot be distinguished from its clock being set, since uptime may be counted in whole seconds. Milliseconds. */
const MIN_SLEEP_MS = 5_000;

/**
 * The machine's time, but steady. A machine's clock may be set by an hour from one moment to the next; all that waits for a time would end
 * at once, or an hour late. This clock goes on by elapsed time then, and is slewed towards the machine's clock, as NTP does. Only where the
 * machine was asleep, so that elapsed time stood still, it takes over the machine's time at once: cooldowns of keys are over. Timers go on where
 * they stood.
 */
export class SteadyClock implements Clock {
  /** What to add to the machine's time; milliseconds, 0 unless that was set. */
  #correction = 0;
  /** Both clocks at the last comparison. */
  #machineAt: number;
  #elapsedAt: number;
  #latest = 0;
  /** How long the machine was asleep: it is up for that much longer than time has elapsed. Milliseconds. */
  #asleep: number;

  constructor(
    private readonly machine: () => number = () => Date.now(),
    private readonly elapsed: () => number = () => performance.now(),
    /** Milliseconds since the machine started, its sleep included; NaN where that cannot be known. */
    private readonly upFor: () => number = upForMs,
  ) {
    this.#machineAt = machine();
    this.#elapsedAt = elapsed();
    this.#asleep = upFor() - this.#elapsedAt;
  }

  now(): number {
    const machine = this.machine();
    const since = machine - this.#machineAt;
    if (since >= DRIFT_CHECK_MS || since < 0) this.#compare(machine);
    const now = Math.floor(machine + this.#correction);
    // While it is slewed back it stands still rather than going back.
    if (now > this.#latest) this.#latest = now;
    return this.#latest;
  }

  after(ms: number, callback: () => void, keepAlive = true): () => void {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), MAX_TIMER_MS));
    if (!keepAlive) timer.unref();
    return () => clearTimeout(timer);
  }

  #compare(machine: number): void {
    const elapsed = this.elapsed();
    const passed = elapsed - this.#elapsedAt;
    const setBy = machine - this.#machineAt - passed;
    this.#machineAt = machine;
    this.#elapsedAt = elapsed;
    // A machine shows whole milliseconds: less than two says nothing.
    if (Math.abs(setBy) >= 2) this.#correction -= setBy - this.#slept(elapsed, setBy);
    const most = passed * MAX_SLEW_RATE;
    this.#correction -= Math.min(most, Math.max(-most, this.#correction));
  }

  /** Milliseconds that the machine was asleep, where its clock is found ahead of elapsed time. */
  #slept(elapsed: number, aheadBy: number): number {
    if (aheadBy < MIN_SLEEP_MS) return 0;
    const slept = this.upFor() - elapsed - this.#asleep;
    if (!(slept >= MIN_SLEEP_MS)) return 0;
    this.#asleep += slept;
    return Math.min(slept, aheadBy);
  }
}

function upForMs(): number {
  try {
    return uptime() * 1_000;
  } catch {
    // Some sandboxes do not let a process ask.
    return NaN;
  }
}

export const systemClock: Clock = new SteadyClock();
