import type { AccountDemand } from '../../pool/limits/part';
import { wantedParts, type WantedParts } from './wanted-parts';

const demand = (account: string, more: Partial<AccountDemand> = {}): AccountDemand => ({
  account,
  wanted: 0,
  isShort: false,
  bound: 0,
  quantum: 0.01,
  refillMs: 60_000,
  ...more,
});

/** Ten accounts, of which this instance prefers the first two, has all, and uses a little. */
const situation = (demands: readonly AccountDemand[]): WantedParts => ({
  demands,
  parts: new Map([
    ['a0', 1],
    ['a1', 1],
  ]),
  asked: new Map(),
  instances: 4,
  placeOf: (account) => (account < 'a2' ? 0 : 2),
  round: 0,
  isNew: false,
  isEarly: false,
  isStuck: false,
  emptied: new Map(),
});
const ten = (more: (n: number) => Partial<AccountDemand>): AccountDemand[] =>
  Array.from({ length: 10 }, (_, n) => demand(`a${n}`, more(n)));

it('asks for no account of others while its own have room', () => {
  const claims = wantedParts(situation(ten((n) => ({ wanted: n < 2 ? 0.1 : 0 }))));
  expect([...claims.keys()]).toEqual(['a0', 'a1']);
});

it('asks for an account that alone can serve its calls, before what others may have as well', () => {
  const claims = wantedParts(situation(ten((n) => ({ wanted: n < 2 ? 0.1 : 0, isNeeded: n === 7 }))));
  expect([...claims.keys()].sort()).toEqual(['a0', 'a1', 'a7']);
  expect(claims.get('a7')).toMatchObject({ wanted: 0.01, own: 0.01, holds: 0 });
});

it('asks for as much of it as its calls take', () => {
  const claims = wantedParts(situation(ten((n) => (n === 7 ? { wanted: 0.2, isNeeded: true } : {}))));
  expect(claims.get('a7')!.wanted).toBeCloseTo(0.22);
});

/** What an instance asks for in all that has the first two accounts and uses half of each, where so much of them is left. */
const asked = (stockMs: number, more: Partial<AccountDemand> = {}, of: Partial<WantedParts> = {}): number => {
  const demands = ten((n) => ({ wanted: n < 2 ? 0.5 : 0, stockMs: n < 2 ? stockMs : 0, ...more }));
  const claims = wantedParts({ ...situation(demands), ...of });
  return [...claims.values()].reduce((sum, { wanted }) => sum + wanted, 0);
};

describe('an instance with few calls', () => {
  it('asks for less the more is left of what it has, since what refills into a full bucket is lost', () => {
    expect(asked(0)).toBeCloseTo(1.1);
    expect(asked(1_000)).toBeCloseTo(0.73, 1);
    expect(asked(2_000)).toBeCloseTo(0.55);
    // At least for half of what its calls take, however much is left.
    expect(asked(60_000)).toBeCloseTo(0.55);
  });

  it('leaves the rest to others when no call waits any more, and asks for more while calls wait', () => {
    expect(asked(2_000, { isShort: true, waiting: 0 })).toBeCloseTo(0.55);
    expect(asked(2_000, { isShort: true, waiting: 0.5 })).toBeGreaterThan(1.5);
  });

  it('asks for a part for a call that waits without one, though it is not known what the call takes', () => {
    const waits: Partial<AccountDemand> = { wanted: 0, isShort: true, waiting: 0, quantum: 0.2 };
    expect(asked(0, waits, { parts: new Map() })).toBeGreaterThanOrEqual(0.2);
  });

  it('asks for what its calls take while demand is not known yet, or it has no part', () => {
    expect(asked(2_000, {}, { isEarly: true })).toBeCloseTo(1.1);
    expect(asked(2_000, {}, { parts: new Map() })).toBeCloseTo(1.1);
  });
});
