import { FakeClock } from '../../../../test/support/fake-clock';
import { TimeLimits, type TimeLimit } from './time-limits';

describe('TimeLimits', () => {
  const clock = new FakeClock(1_000_000);
  const limits = new TimeLimits(clock);
  const passed: string[] = [];
  const at = (ms: number, name: string) => limits.at(clock.now() + ms, () => passed.push(name));
  beforeEach(() => passed.splice(0));

  it('tells each in time, and those taken back never', async () => {
    at(25, 'second');
    at(12, 'first');
    at(30, 'cancelled').cancel();
    await clock.advance(11);
    expect(passed).toEqual([]);
    await clock.advance(9);
    expect(passed).toEqual(['first']);
    await clock.advance(10);
    expect(passed).toEqual(['first', 'second']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('shares one timer among many limits', async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => at(n, `${n}`));
    expect(clock.pendingTimers).toBe(1);
    for (const each of many) each.cancel();
    await clock.advance(2_000);
    expect(passed).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is at most 1 % late where the limit is long, and never early', async () => {
    at(600_000, 'long');
    await clock.advance(599_999);
    expect(passed).toEqual([]);
    await clock.advance(6_001);
    expect(passed).toEqual(['long']);
  });

  it('takes new limits after it was closed', async () => {
    at(1_000, 'before');
    limits.close();
    expect(clock.pendingTimers).toBe(0);
    at(2_000, 'after');
    await clock.advance(3_000);
    expect(passed).toContain('after');
  });

  it('lets a limit be taken back by another of the same moment', async () => {
    let second: TimeLimit | undefined = undefined;
    limits.at(clock.now() + 10, () => second?.cancel());
    second = at(10, 'second');
    at(10, 'third');
    await clock.advance(50);
    expect(passed).toEqual(['third']);
  });

  it.each([NaN, Infinity, -Infinity, -1, 1e300])(
    'A12: a time that is %p leaves the order of all others alone',
    async (odd) => {
      const until = clock.now() + odd;
      const oddOne = limits.at(until, () => undefined);
      for (const ms of [300, 100, 200]) at(ms, `${ms}`);
      limits.at(until, () => undefined);
      await clock.advance(400);
      expect(passed).toEqual(['100', '200', '300']);
      oddOne.cancel();
      expect(clock.pendingTimers).toBe(until < Infinity && until > clock.now() ? 1 : 0);
    },
  );
});
