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
