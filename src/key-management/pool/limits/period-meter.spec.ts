import fc from 'fast-check';
import type { BudgetUnit } from './budget';
import { MeteredCall, type CallAmounts } from './metered-call';
import { PeriodMeter } from './period-meter';

const T0 = Date.parse('2030-03-01T10:00:00Z');
const DAY_END = Date.parse('2030-03-02T00:00:00Z');
const UNKNOWN: CallAmounts = { tokens: undefined, usd: undefined };
const usd = (amount: number): CallAmounts => ({ tokens: undefined, usd: amount });
const ASSUMED: CallAmounts = { tokens: 2_000, usd: 0.5 };

function meterOf(limit: number, unit: BudgetUnit = 'usd'): PeriodMeter {
  const meter = new PeriodMeter({
    kind: 'budget',
    scope: 'key',
    subject: 'key:1',
    unit,
    per: 'day',
    timeZone: () => 'UTC',
  });
  meter.limit = limit;
  return meter;
}
const callOf = (meter: PeriodMeter, expected: CallAmounts, now = T0): MeteredCall =>
  new MeteredCall([meter], expected, () => ASSUMED, now);

describe('a meter of a period', () => {
  it('reserves what a call is expected to take, and counts what it took', () => {
    const meter = meterOf(10);
    const call = callOf(meter, usd(6));
    expect(meter.used(T0)).toBe(0);
    expect([meter.blockedUntil(4, T0), meter.blockedUntil(5, T0)]).toEqual([0, T0 + 250]);
    call.used(usd(2), T0);
    call.ended(true, T0);
    expect(meter.used(T0)).toBe(2);
    expect([meter.blockedUntil(8, T0), meter.blockedUntil(8.1, T0)]).toEqual([0, DAY_END]);
  });

  it('counts a call as it was expected where its answer states nothing, and not at all where the vendor refused it', () => {
    const meter = meterOf(10);
    callOf(meter, usd(3)).ended(true, T0);
    callOf(meter, usd(3)).ended(false, T0);
    expect(meter.used(T0)).toBe(3);
    expect(meter.blockedUntil(7, T0)).toBe(0);
  });

  it('counts a call of which nobody knows anything as what calls took lately, and before that as what is assumed', () => {
    const meter = meterOf(10);
    callOf(meter, UNKNOWN).ended(true, T0);
    expect(meter.used(T0)).toBe(0.5);
    const known = callOf(meter, UNKNOWN);
    known.used(usd(2), T0);
    known.ended(true, T0);
    callOf(meter, UNKNOWN).ended(true, T0);
    expect(meter.used(T0)).toBe(4.5);
  });

  it('reserves for calls of unknown size what calls took lately', () => {
    const meter = meterOf(10);
    callOf(meter, UNKNOWN).used(usd(2), T0);
    for (let call = 0; call < 3; call += 1) callOf(meter, UNKNOWN);
    expect([meter.blockedUntil(undefined, T0), meter.blockedUntil(2.1, T0)]).toEqual([0, T0 + 250]);
  });

  it('keeps what a call reserved until nothing more is to come, and takes a later, greater word', () => {
    const meter = meterOf(10);
    const call = callOf(meter, usd(5));
    call.used(usd(1), T0);
    call.used(usd(4), T0);
    call.used(usd(3), T0);
    call.ended(true, T0);
    expect(meter.used(T0)).toBe(4);
  });

  it('counts requests as they begin', () => {
    const meter = meterOf(2, 'requests');
    callOf(meter, UNKNOWN).ended(false, T0);
    callOf(meter, UNKNOWN);
    expect(meter.spentUntil(T0)).toBe(DAY_END);
    expect(meter.blockedUntil(1, T0)).toBe(DAY_END);
  });

  it('is spent where only scraps are left, and says so', () => {
    const meter = meterOf(10);
    callOf(meter, UNKNOWN).used(usd(9), T0);
    expect(meter.spentUntil(T0)).toBe(0);
    callOf(meter, UNKNOWN).used(usd(0.9), T0);
    expect(meter.spentUntil(T0)).toBe(DAY_END);
    expect(meter.spentReason(T0)).toBe('budget of 10 USD per day is spent; the day ends at 2030-03-02T00:00:00.000Z');
  });

  it('is spent where less is left than calls usually reserve, though they take less', () => {
    const meter = meterOf(10);
    callOf(meter, usd(0.15)).used(usd(0.05), T0);
    meter.add(9.8, T0, undefined);
    expect(meter.spentUntil(T0)).toBe(0);
    meter.add(0.01, T0, undefined);
    expect([meter.blockedUntil(0.15, T0), meter.spentUntil(T0)]).toEqual([DAY_END, DAY_END]);
  });

  it('begins anew with the period, but for what is in flight', () => {
    const meter = meterOf(10);
    const call = callOf(meter, usd(3));
    callOf(meter, usd(7)).used(usd(7), T0);
    expect(meter.dueThreshold(T0)).toBe(50);
    meter.told(50, meter.endsAt(T0));
    expect(meter.used(DAY_END)).toBe(0);
    expect([meter.blockedUntil(7, DAY_END), meter.blockedUntil(7.1, DAY_END)]).toEqual([0, DAY_END + 250]);
    call.used(usd(6), DAY_END);
    expect([meter.used(DAY_END), meter.dueThreshold(DAY_END)]).toEqual([6, 50]);
  });

  it('has each threshold to tell of once, also those that others brought about, and again when the limit changes', () => {
    const meter = meterOf(10);
    const endsAt = meter.endsAt(T0);
    callOf(meter, UNKNOWN).used(usd(4.9), T0);
    expect(meter.dueThreshold(T0)).toBeUndefined();
    meter.othersUsed(3.2, endsAt);
    expect(meter.spent(T0)).toBeCloseTo(8.1);
    expect(meter.dueThreshold(T0)).toBe(80);
    meter.told(80, endsAt);
    expect(meter.dueThreshold(T0)).toBeUndefined();
    meter.limit = 16;
    expect(meter.dueThreshold(T0)).toBe(50);
    meter.limit = Infinity;
    expect(meter.dueThreshold(T0)).toBeUndefined();
  });

  it('never lets more be used than the limit, and by calls that take more than was expected no more than those in flight', () => {
    const step = fc.record({
      kind: fc.constantFrom('begin', 'state', 'lose', 'refuse', 'claim', 'wait'),
      size: fc.integer({ min: 1, max: 40 }),
      excess: fc.integer({ min: 0, max: 30 }),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.integer({ min: 20, max: 400 }),
        fc.array(step, { maxLength: 300 }),
        (isShared, cents, steps) => {
          const limit = cents / 100;
          const meter = meterOf(limit);
          if (isShared) meter.claims(() => undefined);
          const open: { call: MeteredCall; expected: number }[] = [];
          let now = T0;
          let excess = 0;
          for (const { kind, size, excess: more, pick } of steps) {
            const amount = size / 100;
            if (kind === 'begin') {
              if (meter.blockedUntil(amount, now) === 0)
                open.push({ call: callOf(meter, usd(amount), now), expected: amount });
            } else if (kind === 'claim') {
              const want = meter.want(now);
              const claimed = Math.min(limit, (want?.claimed ?? 0) + (want?.needed ?? 0) + amount);
              if (want) meter.granted({ ...want, claimed, isSpent: claimed >= limit }, now);
            } else if (kind === 'wait') now = Math.min(DAY_END - 1, now + size * 60_000);
            else {
              const [ended] = open.splice(pick % Math.max(1, open.length), 1);
              if (!ended) continue;
              const over = kind === 'state' ? more / 100 : 0;
              if (kind === 'state') ended.call.used(usd(ended.expected + over), now);
              ended.call.ended(kind !== 'refuse', now);
              excess += over;
            }
            const inFlight = open.reduce((sum, { expected }) => sum + expected, 0);
            expect(meter.used(now)).toBeLessThanOrEqual(limit + excess + 1e-6);
            // What is in flight has its place, but for what calls took beyond what they said.
            expect(meter.used(now) + inFlight).toBeLessThanOrEqual(limit + excess + 1e-6);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
