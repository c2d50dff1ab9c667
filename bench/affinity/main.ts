import type { Report } from '../lib/report';
import { shown, shownSpread } from '../lib/statistics';
import { costOfChoosing } from './choosing';

export async function measure(): Promise<Report> {
  const costs = await costOfChoosing();
  const worst = Math.max(...costs.map(({ ratio }) => ratio.median));
  return {
    tables: [
      {
        title: 'Lease and settle, with and without an affinity',
        columns: ['pool', 'ns without', 'ns with', '×'],
        rows: costs.map((each) => [
          each.name,
          shownSpread(each.without),
          shownSpread(each.with),
          shownSpread(each.ratio),
        ]),
      },
    ],
    goals: [
      {
        goal: 'choosing with an affinity ≤ 1.4 × of choosing without',
        measured: `${shown(worst)} ×`,
        met: worst <= 1.4,
      },
    ],
    data: {},
  };
}
