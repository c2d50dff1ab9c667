import fc from 'fast-check';
import type { BudgetUnit } from './budget';
import { meterOf } from '../../../../test/support/period-meters';
import { MeteredCall, type CallAmounts } from './metered-call';
import { shownAmount, type PeriodMeter, type MeterGrant, type MeterTerms } from './period-meter';

const T0 = Date.parse('2030-03-01T10:00:00Z');
const DAY_END = Date.parse('2030-03-02T00:00:00Z');
const UNKNOWN: CallAmounts = { tokens: undefined, usd: undefined };
const usd = (amount: number): CallAmounts => ({ tokens: undefined, usd: amount });
const ASSUMED: CallAmounts = { tokens: 2_000, usd: 0.5 };

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

describe('what calls of unknown size reserve', () => {
  /** How many of them go at once. */
  const atOnce = (limit: number, unit: BudgetUnit): number => {
    const meter = meterOf(limit, unit);
    let calls = 0;
    for (; meter.blockedUntil(undefined, T0) === 0 && calls < 100; calls += 1) meter.started(undefined, T0);
    return calls;
  };

  it('is what is assumed, and of a small limit a sixteenth, though no less than one', () => {
    expect([atOnce(0.5, 'usd'), atOnce(0.08, 'usd'), atOnce(64_000, 'tokens'), atOnce(10, 'tokens')]).toEqual([
      50, 16, 32, 10,
    ]);
  });

  it('is given back', () => {
    const meter = meterOf(10, 'tokens');
    for (let call = 0; call < 10; call += 1) meter.started(undefined, T0);
    meter.released(undefined);
    expect([meter.blockedUntil(1, T0), meter.blockedUntil(2, T0)]).toEqual([0, T0 + 250]);
  });

  it('is nothing of requests, which count as they begin', () => {
    const meter = meterOf(1, 'requests');
    meter.started(1, T0);
    meter.released(undefined);
    expect(meter.blockedUntil(1, T0)).toBe(DAY_END);
  });
});

describe('what calls usually take', () => {
  it('is a fifth of the latest, and the rest of what was before', () => {
    const meter = meterOf(100);
    expect(meter.usual).toBe(0);
    for (const whole of [2, 4]) meter.add(whole, T0, whole);
    meter.add(50, T0, undefined);
    expect(meter.usual).toBeCloseTo(2.4, 9);
  });

  it('or reserve, tells scraps from what is of use', () => {
    const spentAt = (used: number): boolean => {
      const meter = meterOf(100);
      for (const amount of [1, 2]) {
        meter.started(amount, T0);
        meter.released(amount);
      }
      meter.add(used, T0, undefined);
      return meter.spentUntil(T0) > 0;
    };
    // Calls reserve 1.2.
    expect([spentAt(98.7), spentAt(98.9)]).toEqual([false, true]);
  });
});

describe('the end of a period', () => {
  it('is looked at again where calls in flight may give something back, and no later than it comes', () => {
    const meter = meterOf(10);
    meter.started(8, T0);
    expect(meter.blockedUntil(5, DAY_END - 100)).toBe(DAY_END);
  });

  it('moves with the time zone, and what was used stays', () => {
    let zone = 'UTC';
    const meter = meterOf(10, 'usd', { timeZone: () => zone });
    meter.add(3, T0, undefined);
    expect(meter.endsAt(T0)).toBe(DAY_END);
    zone = 'America/Los_Angeles';
    expect([meter.endsAt(T0), meter.used(T0)]).toEqual([DAY_END + 8 * 3_600_000, 3]);
  });

  it('is of the same period for what was counted elsewhere', () => {
    const [meter, other, monthly] = [meterOf(10), meterOf(10), meterOf(10, 'usd', { per: 'month' })];
    meter.add(1, T0, undefined);
    for (const each of [other, monthly]) {
      each.add(3, T0, undefined);
      meter.absorb(each, T0);
    }
    expect([meter, other, monthly].map((each) => each.used(T0))).toEqual([4, 0, 3]);
  });
});

describe('how far a budget is spent', () => {
  const due = (used: number, terms?: Partial<MeterTerms>, limit = 10): number | undefined => {
    const meter = meterOf(limit, 'usd', terms);
    meter.add(used, T0, used);
    return meter.dueThreshold(T0);
  };

  it('is told of when a threshold is reached, and of all when scraps are left', () => {
    expect([due(4.9), due(5), due(8), due(9.7), due(9.9), due(10)]).toEqual([undefined, 50, 80, 80, 100, 100]);
  });

  it('is told of a budget that has a limit', () => {
    expect([due(9, { kind: 'limit' }), due(9, {}, Infinity), due(0, { kind: 'limit' }, Infinity)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('was told for its own period only', () => {
    const meter = meterOf(10);
    meter.add(6, T0, undefined);
    meter.told(80, DAY_END - 86_400_000);
    expect(meter.dueThreshold(T0)).toBe(50);
    meter.told(80, DAY_END);
    meter.told(50, DAY_END);
    expect(meter.dueThreshold(T0)).toBeUndefined();
    meter.add(3, T0, undefined);
    expect(meter.dueThreshold(T0)).toBeUndefined();
  });

  it('is without what others used of another period, and asks for what they used', () => {
    const meter = meterOf(10);
    let looks = 0;
    meter.claims(
      () => undefined,
      () => (looks += 1),
    );
    meter.othersUsed(7, DAY_END - 86_400_000);
    expect([meter.spent(T0), looks]).toEqual([0, 1]);
    meter.othersUsed(7, DAY_END);
    expect([meter.spent(T0), looks]).toEqual([7, 2]);
  });

  it('is said in words', () => {
    const reason = (terms: Partial<MeterTerms>): string => meterOf(10, 'usd', terms).spentReason(T0);
    const end = '2030-03-02T00:00:00.000Z';
    expect(reason({ kind: 'limit' })).toBe(`The limit of 10 USD a day is reached. The day ends at ${end}.`);
    expect(reason({ scope: 'account' })).toBe(
      `the account's budget of 10 USD per day is spent; the day ends at ${end}`,
    );
    expect([shownAmount(0.1 + 0.2, 'usd'), shownAmount(2.6, 'tokens'), shownAmount(3, 'requests')]).toEqual([
      0.3, 3, 3,
    ]);
  });
});

describe('a period that instances share', () => {
  /** A meter of which nothing is claimed yet, and how often it asked for more. */
  const shared = (limit = 10) => {
    const meter = meterOf(limit);
    const counter = { asked: 0 };
    meter.claims(() => (counter.asked += 1));
    const grant = (claimed: number, more: Partial<MeterGrant> = {}, now = T0): void =>
      meter.granted({ endsAt: DAY_END, version: 1, claimed, isSpent: false, ...more }, now);
    return { meter, counter, grant };
  };

  it('lets nothing be used before it is claimed, and asks for what is missing', () => {
    const { meter, counter, grant } = shared();
    expect([meter.isKnown(T0), meterOf(10).isKnown(T0)]).toEqual([false, true]);
    for (const amount of [1, 3, 2]) expect(meter.blockedUntil(amount, T0)).toBe(T0 + 250);
    expect(counter.asked).toBe(3);
    const nothing = { claimed: 0, spare: 0, isSpent: false };
    expect(meter.want(T0)).toEqual({ endsAt: DAY_END, limit: 10, version: 1, ...nothing, needed: 3, wished: 3 });
    grant(4);
    expect([meter.isKnown(T0), meter.want(T0)]).toEqual([true, undefined]);
    expect([meter.blockedUntil(4, T0), meter.blockedUntil(4.1, T0)]).toEqual([0, T0 + 250]);
  });

  it('asks for more when half of the latest grant is used, for a second at its pace, and for twice as much at the most', () => {
    const { meter, counter, grant } = shared();
    grant(1);
    grant(5);
    meter.started(2.5, T0);
    expect([counter.asked, meter.want(T0)]).toEqual([0, undefined]);
    meter.started(0.5, T0);
    expect(counter.asked).toBe(1);
    // Three of five are used: ten more a second at the most, and three where that took a second.
    expect(meter.want(T0)).toMatchObject({ claimed: 5, wished: 8 });
    expect(meter.want(T0 + 1_000)).toMatchObject({ claimed: 5, wished: 1 });
  });

  it('says what is missing of what may be had', () => {
    const { meter, counter, grant } = shared();
    grant(10);
    expect(meter.blockedUntil(10.1, T0)).toBe(DAY_END);
    meter.started(6, T0);
    expect(counter.asked).toBe(1);
    expect(meter.blockedUntil(5, T0)).toBe(T0 + 250);
    expect(counter.asked).toBe(1);
    expect(meter.want(T0)).toMatchObject({ limit: 10, claimed: 10 });
  });

  it('is over when nothing is left to be claimed, until another gives something back', () => {
    const { meter, counter, grant } = shared();
    grant(4, { isSpent: true });
    expect([meter.blockedUntil(4, T0), meter.spentUntil(T0)]).toEqual([0, 0]);
    meter.givenBack(DAY_END - 86_400_000);
    expect(meter.blockedUntil(5, T0)).toBe(DAY_END);
    meter.add(4, T0, undefined);
    expect([meter.spentUntil(T0), meter.want(T0), counter.asked]).toEqual([DAY_END, undefined, 0]);
    meter.givenBack(DAY_END);
    expect([meter.spentUntil(T0), counter.asked]).toEqual([0, 1]);
    meter.givenBack(DAY_END);
    expect([counter.asked, meter.want(T0)]).toMatchObject([1, { claimed: 4 }]);
  });

  it('takes no claim of another period, of another limit, or where nothing is to be claimed', () => {
    const { meter, grant } = shared();
    grant(4, { endsAt: DAY_END + 1 });
    grant(4, { version: 2 });
    expect([meter.isKnown(T0), meter.blockedUntil(1, T0)]).toEqual([false, T0 + 250]);
    const alone = meterOf(10);
    alone.granted({ endsAt: DAY_END, version: 1, claimed: 4, isSpent: true }, T0);
    expect([alone.blockedUntil(9, T0), alone.want(T0)]).toEqual([0, undefined]);
  });

  it('keeps of a limit that was lowered what was used and is reserved, and claims anew', () => {
    const { meter, counter, grant } = shared();
    grant(8);
    meter.add(2, T0, undefined);
    meter.started(1, T0);
    meter.limit = 5;
    expect(counter.asked).toBe(1);
    expect(meter.want(T0)).toMatchObject({ limit: 5, version: 2, claimed: 3 });
    meter.limit = 5;
    expect([counter.asked, meter.want(T0)]).toMatchObject([1, { version: 2 }]);
    const little = shared();
    little.grant(1);
    little.meter.add(3, T0, undefined);
    little.meter.limit = 5;
    expect(little.meter.want(T0)).toMatchObject({ claimed: 1 });
  });

  it('keeps all of its claim of a limit that was raised, of which something may be left', () => {
    const { meter, counter, grant } = shared();
    grant(8, { isSpent: true });
    meter.add(8, T0, undefined);
    meter.limit = 20;
    expect([counter.asked, meter.spentUntil(T0)]).toEqual([1, 0]);
    expect(meter.want(T0)).toMatchObject({ limit: 20, version: 2, claimed: 8 });
  });

  it('claims nothing where nothing is limited', () => {
    const { meter, counter } = shared(Infinity);
    meter.add(5, T0, undefined);
    expect([meter.want(T0), counter.asked, meter.blockedUntil(5, T0)]).toEqual([undefined, 0, 0]);
  });

  it('is claimed anew when the next one begins', () => {
    const { meter, grant } = shared();
    grant(4, { isSpent: true });
    meter.add(4, T0, undefined);
    expect([meter.isKnown(DAY_END), meter.spentUntil(DAY_END), meter.blockedUntil(1, DAY_END)]).toEqual([
      false,
      0,
      DAY_END + 250,
    ]);
    expect(meter.want(DAY_END)).toMatchObject({ endsAt: DAY_END + 86_400_000, claimed: 0, needed: 1 });
  });

  it('goes on where it is shared again', () => {
    const { meter, grant } = shared();
    grant(4);
    meter.claims(() => undefined);
    expect(meter.blockedUntil(4, T0)).toBe(0);
  });
});
