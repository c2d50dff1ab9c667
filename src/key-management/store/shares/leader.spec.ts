import { Leader } from './leader';
import type { Claim } from './messages';

const USED: Claim = { wanted: 1, own: 1, holds: 0, bound: 0, least: 0.2, emptied: 0, refillMs: 2_500 };

it('gives what one that goes has used as it refills, and not as full', () => {
  const leader = new Leader('x', 1);
  leader.cover(100_000);
  leader.open(0);
  const report = (instance: string, sequence: number, seen: number, claim: Claim, now: number) => {
    const claims = new Map([['account', claim]]);
    leader.reported(instance, 'p', { term: 1, leader: 'x', sequence, seen, isFallback: false, claims }, now);
    return leader.grants(now).get(`p/${instance}`)?.parts.get('account');
  };
  expect(report('goes', 1, 0, USED, 0)).toEqual({ fraction: 1, level: 1 });
  report('goes', 2, 1, { ...USED, holds: 1, bound: 0.8 }, 500);
  report('stays', 1, 0, USED, 600);
  leader.left('goes', 1_000);
  expect(leader.grants(1_000).get('p/stays')?.parts.get('account')).toEqual({
    fraction: 1,
    level: expect.closeTo(0.2) as number,
  });
});
