import { median, rise, slope } from './trend';
import type { TimedSample } from './run';

export interface Judgement {
  readonly what: string;
  readonly measured: string;
  readonly bound: string;
  readonly passed: boolean;
}

const KB = 1_024;
const MB = 1_024 * KB;

/** The samples of the second half of the run. In the first half code is compiled, caches fill and the heap finds its size. */
const secondHalf = <T>(samples: readonly T[]): readonly T[] => samples.slice(Math.floor(samples.length / 2));

/** Bytes kept of a deleted key on purpose: its deletion and history for a day at least, and its timeline within a bound of its own. */
const KEPT_OF_DELETED = 1.6 * KB;

/**
 * How fast the heap may grow, besides what is kept of deleted keys. In its first minutes a process still warms up, so a short run finds only
 * what leaks with every call. From 20 minutes on the bound is some 5 bytes a call.
 */
const heapBound = (minutes: number): number => (minutes < 10 ? 2_000 : minutes < 20 ? 200 : 50) * KB;

const HANDLES_BOUND = 6;
/** Growth of the event loop's p99 delay. Generous, because the machine causes it as much as the app. */
const DELAY_TIMES = 5;
const DELAY_FLOOR_MS = 250;

/** Judges whether memory, handles and delays stayed flat. */
export function judgeSamples(
  samples: readonly TimedSample[],
  { minutes, deletedKeys }: { readonly minutes: number; readonly deletedKeys: number },
): Judgement[] {
  const late = secondHalf(samples);
  const bound = heapBound(minutes);
  const heap = slope(late.map(({ minute, heapUsed }) => ({ minute, value: heapUsed })));
  const external = slope(late.map((each) => ({ minute: each.minute, value: each.external })));
  const rss = rise(late.map((each) => each.rss));
  const rssBound = Math.max(30 * MB, 0.15 * median(late.map((each) => each.rss)));
  const open = rise(late.map(({ handles }) => Object.values(handles).reduce((sum, count) => sum + count, 0)));
  const delays = samples.map(({ delay }) => delay.p99);
  const early = median(delays.slice(0, Math.ceil(delays.length / 2)));
  const lateDelay = median(secondHalf(delays));
  const delayBound = Math.max(DELAY_FLOOR_MS, DELAY_TIMES * early);
  const held = Math.max(...late.map(({ callsInFlight, leasesInFlight }) => callsInFlight + leasesInFlight));
  return [
    judged(
      'heap after collection, slope of the second half',
      heap,
      bound + (deletedKeys / minutes) * KEPT_OF_DELETED,
      perMinute,
    ),
    judged('memory outside the heap, slope of the second half', external, bound, perMinute),
    judged('RSS, rise within the second half', rss, rssBound, megabytes),
    judged('open handles, rise within the second half', open, HANDLES_BOUND, String),
    judged('calls and leases held in a lull, at most', held, 0, String),
    judged('event loop delay, p99 of the second half', lateDelay, delayBound, milliseconds),
  ];
}

const judged = (what: string, value: number, bound: number, show: (value: number) => string): Judgement => ({
  what,
  measured: show(value),
  bound: `≤ ${show(bound)}`,
  passed: value <= bound,
});

const perMinute = (bytes: number): string => `${(bytes / KB).toFixed(0)} KB/min`;
export const megabytes = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;
export const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;
