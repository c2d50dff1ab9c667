import { SteadyClock } from './clock';
import { TimeLimits } from '../execution/waiting/time-limits';

const START = Date.UTC(2026, 10, 1);
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** A machine whose clock on the wall can be set, while time goes on as it does. */
class Machine {
  elapsed = 12_345.678;
  set = 0;
  asleep = 0;
  readonly clock = new SteadyClock(
    () => Math.floor(START + this.elapsed + this.asleep + this.set),
    () => this.elapsed,
    // Some count whole seconds.
    () => Math.floor((9_000_000 + this.elapsed + this.asleep) / SECOND) * SECOND,
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
    expect(Math.abs(minute - 60 * SECOND)).toBeLessThanOrEqual(6 * SECOND);
  });

  it('takes the time in which the machine slept for time that has passed', () => {
    const machine = new Machine();
    machine.pass(10 * SECOND);
    const before = machine.clock.now();
    machine.asleep = 8 * HOUR;
    expect(machine.clock.now() - before).toBeGreaterThanOrEqual(8 * HOUR - SECOND);
    // What whole seconds left over is made good.
    machine.pass(20 * SECOND);
    expect(Math.abs(machine.clock.now() - (START + machine.elapsed + 8 * HOUR))).toBeLessThanOrEqual(1);

    machine.set = HOUR;
    expect(machine.pass(60 * SECOND)).toBeLessThanOrEqual(66 * SECOND + 1);
  });

  it.each([HOUR, -HOUR])('is drawn to it by and by, and never runs backwards: %i ms', (by) => {
    const machine = new Machine();
    machine.set = by;
    let last = machine.clock.now();
    let backwards = 0;
    for (let passed = 0; passed < 11 * HOUR; passed += 7 * SECOND) {
      machine.elapsed += 7 * SECOND;
      const now = machine.clock.now();
      if (now < last) backwards += 1;
      last = now;
    }
    expect(backwards).toBe(0);
    expect(Math.abs(machine.clock.now() - (START + machine.elapsed + by))).toBeLessThanOrEqual(1);
  });
});

it('works where nobody says for how long the machine is up', () => {
  let [machine, elapsed] = [START, 0];
  const clock = new SteadyClock(
    () => machine,
    () => elapsed,
    () => NaN,
  );
  [machine, elapsed] = [START + HOUR + 2 * SECOND, 2 * SECOND];
  expect(clock.now() - START).toBeLessThanOrEqual(2.2 * SECOND);
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
