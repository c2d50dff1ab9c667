import type { Run, TimedSample } from './run';
import { median } from './trend';
import { megabytes, milliseconds, type Judgement } from './verdict';

const COLUMNS = [
  'minute',
  'calls',
  'admin',
  'keys',
  'heap',
  'external',
  'RSS',
  'handles',
  'delay p50/p99/max',
  'client',
] as const;
const WIDTHS = [7, 9, 7, 5, 9, 9, 10, 24, 20, 8];

const row = (cells: readonly string[]): string => cells.map((cell, n) => cell.padStart(WIDTHS[n]!)).join(' ');

/** One line a minute: the median of its samples. */
export class MinuteTable {
  #minute = 0;
  #samples: TimedSample[] = [];

  constructor() {
    console.log(row(COLUMNS));
  }

  take(run: Run): void {
    const sample = run.samples.at(-1)!;
    this.#samples.push(sample);
    if (Math.floor(sample.minute) === this.#minute) return;
    this.#minute = Math.floor(sample.minute);
    this.print(run);
  }

  /** The samples since the last line. */
  print(run: Run): void {
    const samples = this.#samples.splice(0);
    const last = samples.at(-1);
    if (!last) return;
    const middle = (of: (sample: TimedSample) => number): number => median(samples.map(of));
    const most = Math.max(...samples.map(({ delay }) => delay.max));
    const delays = [middle(({ delay }) => delay.p50), middle(({ delay }) => delay.p99), most].map(milliseconds);
    console.log(
      row([
        last.minute.toFixed(1),
        String(run.load.calls),
        String(run.admin.requests),
        String(last.keys),
        megabytes(middle(({ heapUsed }) => heapUsed)),
        megabytes(middle(({ external }) => external)),
        megabytes(middle(({ rss }) => rss)),
        handlesOf(last),
        delays.join(' '),
        milliseconds(Math.max(...samples.map(({ clientStall }) => clientStall))),
      ]),
    );
  }
}

const handlesOf = ({ handles }: TimedSample): string =>
  Object.entries(handles)
    .sort()
    .map(([kind, count]) => `${count} ${kind.replace(/Wrap$/, '')}`)
    .join(', ');

export function printWork(run: Run): void {
  const { load, churn, onlookers, admin } = run;
  const shown = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ');
  console.log(`\n${load.calls} calls (${load.skipped} skipped), and what came of them:`);
  for (const [kind, words] of [...load.words].sort()) console.log(`  ${kind}: ${shown(words)}`);
  console.log(`${admin.requests} admin requests; keys: ${shown(churn.acts)}; ${onlookers.streams} live streams`);
}

export function printVerdict(judgements: readonly Judgement[]): void {
  console.log('');
  for (const { what, measured, bound, passed } of judgements) {
    console.log(`${passed ? 'ok    ' : 'FAILED'} ${what}: ${measured} (${bound})`);
  }
  const failed = judgements.filter(({ passed }) => !passed).length;
  console.log(failed === 0 ? '\nVerdict: flat.' : `\nVerdict: ${failed} of ${judgements.length} failed.`);
}
