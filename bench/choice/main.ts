import type { Report } from '../lib/report';
import { median, shown, shownSpread } from '../lib/statistics';
import { costOfChoice } from './cost';
import { CHOOSERS, qualityOf, type Quality } from './quality';

const SEEDS = [1, 2, 3, 4, 5, 6, 7];

/** What choosing costs as the pool grows, and how well it chooses. */
export async function measure(): Promise<Report> {
  const costs = await costOfChoice();
  const qualities = CHOOSERS.map((chooser) => ({ name: chooser.name, ...middle(chooser) }));
  const most = costs.at(-1)!.toHundred.median;
  const { success, lost, regained } = qualities.find(({ name }) => name === 'this package')!;
  return {
    tables: [
      {
        title: 'Lease and settle, against the size of the pool',
        columns: ['keys', 'ns', '× of 100 keys'],
        rows: costs.map(({ size, ns, toHundred }) => [shown(size), shownSpread(ns), shownSpread(toHundred)]),
      },
      {
        title: 'Quality: 100 keys, 100 calls a second, medians of 7 seeds',
        columns: [
          'choice',
          'calls that succeed where a fifth of the keys fails half the time',
          'calls lost on a key that went bad, of 2,000',
          'share it regains when it recovers',
        ],
        rows: qualities.map((each) => [each.name, percent(each.success), shown(each.lost), percent(each.regained)]),
      },
    ],
    goals: [
      { goal: 'at 100,000 keys ≤ 3 × of 100', measured: `${shown(most)} ×`, met: most <= 3 },
      { goal: '≥ 94.5 % of first attempts succeed', measured: percent(success), met: success >= 0.945 },
      { goal: '≤ 20 calls lost on a key that went bad', measured: shown(lost), met: lost <= 20 },
      { goal: '≥ 90 % of its share regained', measured: percent(regained), met: regained >= 0.9 },
    ],
    data: {
      ...Object.fromEntries(
        costs.flatMap(({ size, ns, toHundred }) => [
          [`${size} keys: ns`, ns],
          [`${size} keys: × of 100`, toHundred],
        ]),
      ),
      success,
      lost,
      regained,
    },
  };
}

function middle(chooser: (typeof CHOOSERS)[number]): Quality {
  const all = SEEDS.map((seed) => qualityOf(chooser, seed));
  return {
    success: median(all.map(({ success }) => success)),
    lost: median(all.map(({ lost }) => lost)),
    regained: median(all.map(({ regained }) => regained)),
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
