import type { Ending } from './app-process';
import type { Run } from './run';
import { median } from './trend';
import type { Judgement } from './verdict';

/** Open calls must end within a second: less than Node's keep-alive (5 s) and the drain limit (10 s), for which nothing may wait. */
const CLOSE_BOUND_MS = 4_000;
/** A busy machine stalls the app during its shutdown too. A stall of up to 100 ms is ordinary. */
const STALLS = 10;

/** Judges whether clients, readers and administrators got what they may expect. */
export function judgeConduct(run: Run, alarms: readonly string[], ending: Ending, planned: number): Judgement[] {
  const { load, admin, onlookers } = run;
  const plain = load.words.get('plain') ?? new Map<string, number>();
  const plainCalls = [...plain.values()].reduce((sum, count) => sum + count, 0);
  const good = ((plain.get('ok') ?? 0) / Math.max(1, plainCalls)) * 100;
  const stalled = Math.max(0, median(run.samples.slice(-5).map(({ delay }) => delay.p99)) - 100);
  const closeBound = CLOSE_BOUND_MS + STALLS * stalled;
  const oddities = [...load.unexpected, ...admin.unexpected].map(([what, count]) => `${what} (${count})`);
  return [
    none('answers that nobody should get', oddities),
    none('warnings, errors and keys in the log', alarms),
    none('live streams refused', onlookers.refused > 0 ? [String(onlookers.refused)] : []),
    {
      what: 'calls without a fault that succeeded',
      measured: `${good.toFixed(2)} % of ${plainCalls}`,
      bound: '≥ 99 %',
      passed: good >= 99,
    },
    {
      what: 'calls made of those planned',
      measured: `${((load.calls / planned) * 100).toFixed(0)} %`,
      bound: '≥ 10 %, else the machine was too slow to tell anything',
      passed: load.calls >= planned / 10,
    },
    {
      what: 'the app closes, in use',
      measured: `${ending.closeMs.toFixed(0)} ms`,
      bound: `≤ ${closeBound.toFixed(0)} ms`,
      passed: ending.closeMs <= closeBound,
    },
    none('handles left open', ending.left),
    { what: 'the process ends by itself', measured: ending.exit, bound: '0', passed: ending.exit === '0' },
  ];
}

const none = (what: string, found: readonly string[]): Judgement => ({
  what,
  measured: found.length === 0 ? 'none' : found.slice(0, 10).join('; '),
  bound: 'none',
  passed: found.length === 0,
});
