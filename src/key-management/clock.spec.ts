import { SteadyClock } from './clock';
import { TimeLimits } from './execution/time-limits';

const START = Date.UTC(2026, 10, 1);
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** A machine whose clock on the wall can be set, while time goes on as it does. */
class Machine {
  elapsed = 12_345.678;
  set = 0;
  readonly clock = new SteadyClock(
    () => Math.floor(START + this.elapsed + this.set),
    () => this.elapsed,
  );

  /** Milliseconds that the clock showed to have passed. */
  pass(ms: number, step = 100): number {
    const before = this.clock.now();
    for (let passed = 0; passed < ms; passed += step) {
      this.elapsed += step;
      this.clock.now();
    }
    return this.clock.now() - before;
  }
}

describe('the clock', () => {
  it('shows what the machine shows', () => {
    const machine = new Machine();
    expect(machine.clock.now()).toBe(Math.floor(START + machine.elapsed));
    expect(machine.pass(HOUR)).toBe(HOUR);
    expect(Number.isInteger(machine.clock.now())).toBe(true);
  });

  it.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('goes on as before when the machine’s is set %s an hour', (_, by) => {
    const machine = new Machine();
    machine.pass(SECOND);
    const before = machine.clock.now();
    machine.set = by;
    expect(Math.abs(machine.clock.now() - before)).toBeLessThanOrEqual(1);
    const minute = machine.pass(60 * SECOND);
    expect(Math.abs(minute - 60 * SECOND)).toBeLessThanOrEqual(600);
  });

  it.each([HOUR, -HOUR])('is drawn to it by and by, and never runs backwards: %i ms', (by) => {
    const machine = new Machine();
    machine.set = by;
    let last = machine.clock.now();
    let backwards = 0;
    for (let passed = 0; passed < 101 * HOUR; passed += 7 * SECOND) {
      machine.elapsed += 7 * SECOND;
      const now = machine.clock.now();
      if (now < last) backwards += 1;
      last = now;
    }
    expect(backwards).toBe(0);
    expect(Math.abs(machine.clock.now() - (START + machine.elapsed + by))).toBeLessThanOrEqual(1);
  });
});

it('lets a time limit end when it should, though the machine’s clock is set back an hour meanwhile', () => {
  jest.useFakeTimers({ now: START });
  try {
    const limits = new TimeLimits(new SteadyClock());
    let passed = false;
    limits.at(new SteadyClock().now() + 5 * SECOND, () => (passed = true));
    jest.advanceTimersByTime(SECOND);
    jest.setSystemTime(START - HOUR);
    jest.advanceTimersByTime(5 * SECOND);
    expect(passed).toBe(true);
  } finally {
    jest.useRealTimers();
  }
});
