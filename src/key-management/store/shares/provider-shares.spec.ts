import type { AccountDemand, PartsPort } from '../../pool/limits/part';
import { ProviderShares } from './provider-shares';

/** Four accounts that calls wait for, more of them than all accounts can serve. */
const DEMANDS = ['a', 'b', 'c', 'd'].map((account): AccountDemand => ({
  account,
  wanted: 0.5,
  isShort: true,
  waiting: 8,
  bound: 0,
  quantum: 0.2,
  refillMs: 2_500,
}));

const port = (demands = DEMANDS, grant: PartsPort['grant'] = () => undefined): PartsPort => ({
  demands: () => demands,
  grant,
  divide: () => undefined,
  takeLearned: () => undefined,
  told: () => undefined,
  partsWanted: undefined,
});

it('says so when it comes first at fewer accounts than before, though it wants as much', () => {
  const instances = { count: 3, placeOf: () => 1 };
  const shares = new ProviderShares('openai', port(), instances);
  shares.joined(0);
  shares.wanted(0);
  const first = shares.report(0)!;
  const sumOfOwn = (claims: typeof first.claims) => [...claims.values()].reduce((sum, { own }) => sum + own, 0);
  expect(sumOfOwn(first.claims)).toBe(4);
  const parts = new Map([['a', { fraction: 0.4, level: 1 }]]);
  shares.granted({ term: 1, leader: 'x', number: 1, answers: first.sequence, lastsMs: 4_000, parts }, 10);
  // With two accounts for each of two instances, each comes first at its own.
  instances.count = 2;
  expect(sumOfOwn(shares.report(1_000)!.claims)).toBe(2);
});

it('waits for what refills soon of the part that it takes without the store, and takes a longer limit for full', () => {
  const granted: unknown[] = [];
  const demands = [DEMANDS[0]!, { ...DEMANDS[1]!, refillMs: 60_000 }];
  const shares = new ProviderShares(
    'openai',
    port(demands, (parts) => granted.push(...parts)),
    { count: 2, placeOf: () => 1 },
  );
  shares.joined(0);
  shares.tick(0, false);
  expect(granted).toEqual([
    ['a', { fraction: 0.5, level: 0 }],
    ['b', { fraction: 0.5, level: 1 }],
  ]);
});
