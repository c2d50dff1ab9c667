import type { Report } from '../lib/report';
import { say } from '../lib/say';
import { shown } from '../lib/statistics';
import { coldStart, type ColdStart } from './checks';
import { warmRestart, type Restart } from './restart';

const COLD = [
  { keys: 1_000, latencyMs: 0 },
  { keys: 1_000, latencyMs: 50 },
  { keys: 10_000, latencyMs: 0 },
];
const WARM = [1_000, 10_000];
const MOST_STALL_MS = 50;
const MOST_BYTES = 1_000;

/** How long an app takes to start, and how long its event loop stalls meanwhile. */
export async function measure(): Promise<Report> {
  const colds: ColdStart[] = [];
  for (const { keys, latencyMs } of COLD) {
    say(`startup: ${keys} keys, vendor answers after ${latencyMs} ms`);
    colds.push(await coldStart(keys, latencyMs));
  }
  const warms: Restart[] = [];
  for (const keys of WARM) {
    say(`startup: ${keys} keys, again`);
    warms.push(await warmRestart(keys));
  }
  return {
    tables: [
      {
        title: 'First start: every key checked by two requests, 16 at once',
        columns: [
          'keys',
          'vendor takes, ms',
          'start, ms',
          'the bare requests, ms',
          'ratio',
          'longest stall, ms',
          'of processor time',
          'stall during the bare requests',
        ],
        rows: colds.map((each) => [
          shown(each.keys),
          each.latencyMs,
          shown(each.wallMs),
          shown(each.leastMs),
          shown(each.wallMs / each.leastMs),
          shown(each.stallMs),
          shown(each.busyMs),
          shown(each.leastStallMs),
        ]),
      },
      {
        title: 'Start again on a file store that knows the keys',
        columns: [
          'keys',
          'start, ms',
          'requests to the vendor',
          'longest stall, ms',
          'of processor time',
          'bytes per key beyond the key',
        ],
        rows: warms.map((each) => [
          shown(each.keys),
          shown(each.wallMs),
          each.requests,
          shown(each.stallMs),
          shown(each.busyMs),
          shown(each.bytesPerKey),
        ]),
      },
    ],
    goals: goals(colds, warms),
    data: Object.fromEntries([
      ...colds.flatMap(({ keys, latencyMs, wallMs, leastMs, stallMs, busyMs }) => [
        [`cold, ${keys} keys, ${latencyMs} ms: wallMs`, wallMs],
        [`cold, ${keys} keys, ${latencyMs} ms: leastMs`, leastMs],
        [`cold, ${keys} keys, ${latencyMs} ms: stallMs`, stallMs],
        [`cold, ${keys} keys, ${latencyMs} ms: busyMs`, busyMs],
      ]),
      ...warms.flatMap(({ keys, wallMs, stallMs, busyMs, requests, bytesPerKey }) => [
        [`warm, ${keys} keys: wallMs`, wallMs],
        [`warm, ${keys} keys: stallMs`, stallMs],
        [`warm, ${keys} keys: busyMs`, busyMs],
        [`warm, ${keys} keys: requests`, requests],
        [`warm, ${keys} keys: bytesPerKey`, bytesPerKey],
      ]),
    ]) as Report['data'],
  };
}

function goals(colds: readonly ColdStart[], warms: readonly Restart[]): Report['goals'] {
  const stall = Math.max(...colds.map(({ stallMs }) => stallMs));
  const warmStall = Math.max(...warms.map(({ stallMs }) => stallMs));
  const bytes = warms.at(-1)!.bytesPerKey;
  return [
    {
      goal: '10,000 keys start without a stall above 50 ms',
      measured: `${shown(stall)} ms`,
      met: stall <= MOST_STALL_MS,
    },
    { goal: 'the same again on a warm store', measured: `${shown(warmStall)} ms`, met: warmStall <= MOST_STALL_MS },
    { goal: '≤ 1 kB per key beyond the key itself', measured: `${shown(bytes)} B`, met: bytes <= MOST_BYTES },
  ];
}
