import type { Report } from '../lib/report';
import { say } from '../lib/say';
import { ISSUE_ROWS } from '../policies/issue-rows';
import { fairOracle } from '../policies/oracle';
import type { Scenario } from '../policies/scenario';
import { simulate } from '../policies/simulate';
import { cellOfOurs, goalText, isMet, type Found } from '../policies/verdict';
import { measureRow, type FleetFigures } from './measure-row';

const SEED = 11;
const INSTANCES = 4;
const ROWS = [
  '4 instances, headers',
  '4 instances, 80 % of the traffic at one, headers',
  '4 instances, no headers',
  '15 keys of 3 organizations, undeclared, headers',
  'tokens, 200 to 9,000 a request, 6 keys of 60,000 a minute in buckets of 10,000, headers',
];

interface Row {
  readonly scenario: Scenario;
  readonly found: Found & FleetFigures;
}

/**
 * The first rows of `policies` with real processes: four instances, a Redis, and a vendor that enforces its limits over HTTP.
 * @param flags `--only=words`: the rows whose names have these words.
 */
export async function measure(flags: readonly string[] = []): Promise<Report> {
  const only = flags.find((flag) => flag.startsWith('--only='))?.slice('--only='.length) ?? '';
  const rows: Row[] = [];
  for (const name of ROWS.filter((each) => each.includes(only))) {
    const scenario: Scenario = { ...ISSUE_ROWS.find((row) => row.name === name)!, instances: INSTANCES };
    say(`fleet: ${name}`);
    const figures = await measureRow(scenario, SEED);
    // The oracle has no network: it is the one of `policies`.
    const oracle = await simulate(fairOracle, scenario, SEED);
    rows.push({ scenario, found: { ...figures, ofOracle: figures.goodput / oracle.goodput } });
  }
  return {
    tables: [
      {
        title: `${INSTANCES} processes on one Redis, a vendor that enforces its limits, over HTTP with the managed fetch`,
        columns: ['situation', 'goodput, refused per 100 good ones', 'goal', ''],
        rows: rows.map(({ scenario, found }) => [
          scenario.name,
          cellOfOurs(scenario, found),
          goalText(scenario),
          isMet(scenario, found) ? 'met' : '**not met**',
        ]),
      },
    ],
    goals: [
      {
        goal: 'every row',
        measured: `${rows.filter(({ scenario, found }) => isMet(scenario, found)).length} of ${rows.length}`,
        met: rows.every(({ scenario, found }) => isMet(scenario, found)),
      },
    ],
    notes: rows.flatMap(({ scenario, found }) =>
      found.reasons.map((reason) => `Lost in “${scenario.name}”: ${reason}`),
    ),
    data: Object.fromEntries(rows.flatMap(dataOf)),
  };
}

const dataOf = ({ scenario: { name }, found }: Row): [string, number][] => [
  [`${name}: goodput`, found.goodput],
  [`${name}: refused per 100`, found.refusedPer100],
  [`${name}: refused per 100 after 5 s`, found.refusedLaterPer100],
  [`${name}: lost`, found.lost],
  [`${name}: offered`, found.offered],
];
