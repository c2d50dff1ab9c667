import { meterOf as budgetMeter } from '../../../../test/support/period-meters';
import type { BudgetUnit } from './budget';
import { amountFor, MeteredCall, type CallAmounts } from './metered-call';
import type { PeriodMeter } from './period-meter';

const T0 = Date.parse('2030-03-01T10:00:00Z');
const DAY_END = Date.parse('2030-03-02T00:00:00Z');
const usd = (amount: number | undefined): CallAmounts => ({ tokens: undefined, usd: amount });
const UNKNOWN = usd(undefined);

const meterOf = (unit: BudgetUnit): PeriodMeter => budgetMeter(10, unit);
const callOf = (meters: readonly PeriodMeter[], expected: CallAmounts, assumed = UNKNOWN): MeteredCall =>
  new MeteredCall(meters, expected, () => assumed, T0);

it('a call takes one request, its tokens, and what it costs', () => {
  const amounts: CallAmounts = { tokens: 5, usd: 0.3 };
  expect([amountFor('requests', amounts), amountFor('tokens', amounts), amountFor('usd', amounts)]).toEqual([
    1, 5, 0.3,
  ]);
});

describe('a call under meters', () => {
  it('is to report what it uses, unless they count requests only', () => {
    const [requests, cost] = [meterOf('requests'), meterOf('usd')];
    expect([[], [requests], [requests, cost]].map((meters) => callOf(meters, UNKNOWN).countsTokens)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('counts as one request, whatever it uses', () => {
    const meter = meterOf('requests');
    const call = callOf([meter], usd(3));
    call.used({ tokens: 5, usd: 3 }, T0);
    call.ended(true, T0);
    expect(meter.used(T0)).toBe(1);
  });

  it('keeps its reservation where its answer says nothing that counts', () => {
    const meter = meterOf('usd');
    const call = callOf([meter], usd(4));
    call.used({ tokens: 5, usd: undefined }, T0);
    expect([meter.used(T0), meter.blockedUntil(6, T0), meter.blockedUntil(6.1, T0)]).toEqual([0, 0, T0 + 250]);
    call.ended(true, T0);
    expect(meter.used(T0)).toBe(4);
  });

  it('takes no less than an answer said before it broke off, even where the vendor does not charge for it', () => {
    for (const [isCharged, takes] of [
      [true, 4],
      [false, 3],
    ] as const) {
      const meter = meterOf('usd');
      const call = callOf([meter], usd(4));
      call.usedSoFar(usd(3));
      expect(meter.used(T0)).toBe(0);
      call.ended(isCharged, T0);
      expect(meter.used(T0)).toBe(takes);
    }
  });

  it('takes nothing where it has reached nobody', () => {
    const meter = meterOf('usd');
    const call = callOf([meter], usd(4));
    call.isUnsent = true;
    call.ended(true, T0);
    expect([meter.used(T0), meter.blockedUntil(10, T0)]).toEqual([0, 0]);
  });

  it('of which nothing is known takes what is assumed of it, else what is assumed of all', () => {
    const used = (unit: BudgetUnit, assumed?: CallAmounts): number => {
      const meter = meterOf(unit);
      callOf([meter], UNKNOWN, assumed).ended(true, T0);
      return meter.used(T0);
    };
    expect([used('usd', usd(0.5)), used('usd'), used('tokens')]).toEqual([0.5, 0.01, 2_000]);
  });

  it('teaches what calls take by the first word on it, and by none that follows', () => {
    const meter = meterOf('usd');
    const call = callOf([meter], usd(5));
    call.used(usd(1), T0);
    call.used(usd(4), T0);
    expect([meter.used(T0), meter.usual]).toEqual([4, 1]);
  });

  it('gives its reservation back once', () => {
    const meter = meterOf('usd');
    const call = callOf([meter], usd(3));
    callOf([meter], usd(3));
    call.used(usd(1), T0);
    call.used(usd(2), T0);
    expect([meter.blockedUntil(5, T0), meter.blockedUntil(5.1, T0)]).toEqual([0, T0 + 250]);
  });

  describe('that was counted as it was expected', () => {
    const guessed = (): { meter: PeriodMeter; call: MeteredCall } => {
      const meter = meterOf('usd');
      const call = callOf([meter], usd(5));
      call.ended(true, T0);
      return { meter, call };
    };

    it('is counted as it says, be it less, and teaches what calls take', () => {
      const { meter, call } = guessed();
      expect([meter.used(T0), meter.usual]).toEqual([5, 0]);
      call.used(usd(2), T0);
      expect([meter.used(T0), meter.usual]).toEqual([2, 2]);
      call.used(usd(1), T0);
      expect([meter.used(T0), meter.usual]).toEqual([2, 2]);
    });

    it('teaches what calls take where it was expected right', () => {
      const { meter, call } = guessed();
      call.used(usd(5), T0);
      expect([meter.used(T0), meter.usual]).toEqual([5, 5]);
    });

    it('is no refund of the next period', () => {
      const { meter, call } = guessed();
      meter.add(3, DAY_END, undefined);
      call.used(usd(2), DAY_END);
      expect(meter.used(DAY_END)).toBe(3);
      const other = guessed();
      other.call.used(usd(7), DAY_END);
      expect(other.meter.used(DAY_END)).toBe(2);
    });
  });
});
