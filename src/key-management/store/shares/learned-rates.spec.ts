import type { LearnedOfAccount } from '../../pool/limits/part';
import type { Json } from '../port/key-store';
import { LearnedRates } from './learned-rates';

const rate = (account: string, perMs: number): LearnedOfAccount => ({
  account,
  model: undefined,
  dimension: 'requests',
  perMs,
  calls: 5,
});

/** One instance: what it has learned, and what it is told. */
class Instance {
  learned: readonly LearnedOfAccount[] | undefined;
  readonly heard: LearnedOfAccount[] = [];
  readonly rates = new LearnedRates({
    takeLearned: () => {
      const { learned } = this;
      this.learned = undefined;
      return learned;
    },
    told: (learned) => this.heard.push(...learned),
  });

  /** What it tells then, after it has learned this. */
  tells(now: number, ...learned: LearnedOfAccount[]): Json | undefined {
    if (learned.length > 0) this.learned = learned;
    return this.rates.news(now);
  }
}

describe('LearnedRates', () => {
  it('tell what is new at once, and what is measured anew once a second', () => {
    const instance = new Instance();
    expect(instance.tells(0)).toBeUndefined();
    expect(instance.tells(0, rate('a', 0.002))).toEqual([['a', '', 'requests', 120, 5]]);
    expect(instance.tells(100, rate('a', 0.001))).toBeUndefined();
    expect(instance.tells(200, rate('a', 0.001), rate('b', 1 / 30_000))).toEqual([
      ['a', '', 'requests', 60, 5],
      ['b', '', 'requests', 2, 5],
    ]);
    expect(instance.tells(300, rate('a', 0.002), rate('b', 1 / 30_000))).toBeUndefined();
    expect(instance.tells(1_199)).toBeUndefined();
    expect(instance.tells(1_200)).toEqual([
      ['a', '', 'requests', 120, 5],
      ['b', '', 'requests', 2, 5],
    ]);
  });

  it('do not tell what is the same but for what measurements differ by', () => {
    const instance = new Instance();
    instance.tells(0, rate('a', 0.002));
    expect(instance.tells(10_000, rate('a', 0.002_01))).toBeUndefined();
  });

  it('that another has told are told again, but not at once: for those that come when it is gone', () => {
    const instance = new Instance();
    instance.rates.read([['a', '', 'requests', 120, 0, 5]]);
    const heard = { ...rate('a', 0.002), calls: 0, capacity: 5 };
    expect(instance.tells(0, rate('b', 0.002))).toBeDefined();
    expect(instance.tells(100, rate('b', 0.002), heard)).toBeUndefined();
    expect(instance.tells(1_000)).toEqual([
      ['b', '', 'requests', 120, 5],
      ['a', '', 'requests', 120, 0, 5],
    ]);
    expect(instance.tells(2_000, rate('b', 0.002), { ...heard, capacity: 6 })).toEqual([
      ['b', '', 'requests', 120, 5],
      ['a', '', 'requests', 120, 0, 6],
    ]);
  });

  it('that others told are remembered for the latest ten thousand limits', () => {
    const instance = new Instance();
    expect(instance.tells(0, rate('a', 0.002))).toBeDefined();
    const row = (account: string): Json => [account, '', 'requests', 120, 5];
    for (let n = 0; n <= 10; n += 1)
      instance.rates.read(Array.from({ length: 1_000 }, (_, each) => row(n === 0 ? 'first' : `${n}-${each}`)));
    expect(instance.tells(100, rate('a', 0.002), rate('10-999', 0.002))).toBeUndefined();
    expect(instance.tells(200, rate('a', 0.002), rate('first', 0.002))).toBeDefined();
  });

  it('are read as they were told', () => {
    const [one, other] = [new Instance(), new Instance()];
    const learned: LearnedOfAccount[] = [
      { ...rate('a', 0.002), model: 'gpt-5-mini' },
      { ...rate('b', 0.5), dimension: 'tokens' },
      { ...rate('c', 0.002), calls: 0, capacity: 5 },
    ];
    expect(other.rates.read(one.tells(0, ...learned)!)).toBe(true);
    expect(other.heard).toEqual(learned);
  });

  it.each<[string, Json]>([
    ['no list', { a: 1 }],
    ['no rows', ['a']],
    ['no account', [[1, '', 'requests', 120, 5]]],
    ['no model', [['a', 1, 'requests', 120, 5]]],
    ['no dimension', [['a', '', 'days', 120, 5]]],
    ['no rate', [['a', '', 'requests', 0, 5]]],
    ['a rate that is no number', [['a', '', 'requests', '120', 5]]],
    ['calls that are none', [['a', '', 'requests', 120, -1]]],
    ['a bucket that holds nothing', [['a', '', 'requests', 120, 0, 0]]],
    ['a bucket that is no number', [['a', '', 'requests', 120, 0, '5']]],
  ])('that make no sense are not taken in: %s', (_, value) => {
    const instance = new Instance();
    expect(instance.rates.read(value)).toBe(false);
    expect(instance.heard).toEqual([]);
  });
});
