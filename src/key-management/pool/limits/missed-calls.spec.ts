import { MissedCalls } from './missed-calls';

const NOW = 1_000_000;
const call = (input: number, output = 0) => ({ input, output });

describe('calls that found no account', () => {
  it('are told of once', () => {
    const missed = new MissedCalls();
    expect(missed.take()).toBe(false);
    missed.note(undefined, NOW);
    expect([missed.take(), missed.take()]).toEqual([true, false]);
    missed.note(call(1), NOW);
    expect(missed.take()).toBe(true);
  });

  it('count for two seconds', () => {
    const missed = new MissedCalls();
    expect(missed.recent(500, () => 7)).toBeUndefined();
    missed.note(undefined, NOW);
    expect(missed.recent(NOW + 1_999, () => 7)).toEqual({ calls: 7, largest: undefined });
    expect(missed.recent(NOW + 1_999, undefined)).toEqual({ calls: 0, largest: undefined });
    expect(missed.recent(NOW + 2_000, () => 7)).toBeUndefined();
  });

  it('are as large as the largest of late, input and output together', () => {
    const missed = new MissedCalls();
    const largest = (now: number) => missed.recent(now, undefined)?.largest;
    missed.note(call(10, 5), NOW);
    missed.note(call(12, 2), NOW + 1);
    missed.note(undefined, NOW + 2);
    expect(largest(NOW + 2)).toEqual(call(10, 5));
    missed.note(call(5, 10), NOW + 3);
    expect(largest(NOW + 3)).toEqual(call(5, 10));
    missed.note(call(1), NOW + 2_002);
    expect(largest(NOW + 2_002)).toEqual(call(5, 10));
    missed.note(call(2), NOW + 2_003);
    expect(largest(NOW + 2_003)).toEqual(call(2));
    missed.note(undefined, NOW + 4_003);
    expect(missed.recent(NOW + 4_003, undefined)).toEqual({ calls: 0, largest: undefined });
  });
});
