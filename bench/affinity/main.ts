import type { Report } from '../lib/report';
import { shown, shownSpread } from '../lib/statistics';
import { costOfInput } from './cache-cost';
import { costOfChoosing } from './choosing';

const ORGANIZATIONS = [2, 5, 10, 50];
const MOST_COST = 1.1;
const MOST_CHOOSING = 1.4;

/** What it costs to keep conversations to their accounts, and what it saves. */
export async function measure(): Promise<Report> {
  const inputs = ORGANIZATIONS.map((organizations) => ({
    organizations,
    rotation: costOfInput('round robin', organizations, false),
    affinity: costOfInput('affinity', organizations, false),
    cooling: costOfInput('affinity', organizations, true),
  }));
  const costs = await costOfChoosing();
  const slowest = Math.max(...costs.map(({ ratio }) => ratio.median));
  const { cooling } = inputs.find(({ organizations }) => organizations === 10)!;
  return {
    tables: [
      {
        title: 'Cost of input by list prices, × of one account that is always there',
        columns: ['organizations', 'round robin', 'with an affinity', 'and one cools down a tenth of the time'],
        rows: inputs.map((each) => [
          each.organizations,
          times(each.rotation),
          times(each.affinity),
          times(each.cooling),
        ]),
      },
      {
        title: 'Lease and settle, with and without an affinity, 2,000 conversations',
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
        goal: `cost of input ≤ ${MOST_COST} × with 10 organizations, one of which cools down a tenth of the time`,
        measured: times(cooling),
        met: cooling <= MOST_COST,
      },
      {
        goal: `choosing with an affinity ≤ ${MOST_CHOOSING} × of choosing without`,
        measured: `${shown(slowest)} ×`,
        met: slowest <= MOST_CHOOSING,
      },
    ],
    data: {
      ...Object.fromEntries(
        inputs.flatMap(({ organizations, rotation, affinity, cooling: cooled }) => [
          [`${organizations} organizations: round robin`, rotation],
          [`${organizations} organizations: affinity`, affinity],
          [`${organizations} organizations: one cools down`, cooled],
        ]),
      ),
      ...Object.fromEntries(
        costs.flatMap((each) => [
          [`${each.name}: ns`, each.with],
          [`${each.name}: × of without`, each.ratio],
        ]),
      ),
    },
  };
}

const times = (ratio: number): string => `${ratio.toFixed(2)} ×`;
