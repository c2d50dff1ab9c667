import { TestPool } from '../../../../test/support/pool';
import type { KeyModelState } from '../key/key-record';
import { choose, newMean, noteWeight } from './choice';
import { Eligible } from './eligible';

/** So many keys alike, all of which can be had. */
function eligibleKeys(count: number) {
  const mean = newMean();
  const eligible = new Eligible();
  const test = new TestPool();
  for (const [n, record] of test.addMany(count).entries()) {
    // Ratings of this test's own: the pool's are its own affair.
    record.table = mean.ratings;
    record.row = mean.ratings.take();
    record.rate = record.weight = 1;
    // Each was used less than the one before: the next but one would be the better choice, if all were compared.
    record.turn = -n / count;
    eligible.add(record.candidates[0]!);
  }
  noteWeight(mean, 1);
  return { mean, eligible, candidates: [...eligible.candidates] };
}

describe('choosing where not every call fits every key', () => {
  it('takes the next key of the round that is without fault, and asks of no other whether the call fits it', () => {
    const { mean, eligible, candidates } = eligibleKeys(20);
    const fits = jest.fn(() => true);
    const chosen = candidates.map(() => choose(eligible, undefined, mean, 0, () => 0, fits));
    expect(new Set(chosen)).toEqual(new Set(candidates));
    expect(fits).toHaveBeenCalledTimes(20);
  });

  it('passes over the next key of the round where the call does not fit it', () => {
    const { mean, eligible, candidates } = eligibleKeys(20);
    const fits = (candidate: KeyModelState): boolean => candidate === candidates[7];
    for (let call = 0; call < 20; call += 1)
      expect(choose(eligible, undefined, mean, 0, () => 0.5, fits)).toBe(candidates[7]);
  });
});
