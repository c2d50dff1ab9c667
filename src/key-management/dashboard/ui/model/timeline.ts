import type { Resolution, TimelineEntry } from '../api/types';
import { duration, shortTime } from './format';

/** Columns for uPlot: seconds since the epoch, then one column per line. */
export interface TimelineColumns {
  at: number[];
  requests: number[];
  failures: number[];
  rateLimited: number[];
  responseMs: (number | null)[];
}

/** Seconds that one point stands for. */
export const STEP_S: Readonly<Record<Resolution, number>> = { minute: 60, hour: 3_600 };
/** A chart shows at least so many points' room, so that a single one does not stretch a second over the whole of it. */
const LEAST_POINTS = 10;
/** Points that are few enough are drawn as such: a line needs two. */
export const FEW_POINTS = 12;

/** From when to when a chart goes: half a step beyond the points on either side, so that none is cut. */
export function timeRange(first: number, last: number, step: number): [number, number] {
  return [Math.min(first, last - (LEAST_POINTS - 1) * step) - step / 2, last + step / 2];
}

const HOUR_TEXT = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY_TEXT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_S = 86_400;

/** Hours and minutes; where more than a day and a half is shown, the day wherever a new one begins. No two neighbours read the same. */
export function timeLabels(times: readonly number[]): string[] {
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 1.5 * DAY_S;
  const days = times.map((time) => DAY_TEXT.format(time * 1_000));
  const labels = times.map((time, at) =>
    isLong && days[at] !== days[at - 1] ? days[at]! : HOUR_TEXT.format(time * 1_000),
  );
  return labels.map((label, at) => (label === labels[at - 1] ? '' : label));
}

/** Distances of a count's axis: there is no half call, and below a millisecond nothing is worth a line. */
export const WHOLE_STEPS: readonly number[] = Array.from({ length: 10 }, (_, digits) => 10 ** digits).flatMap((one) => [
  one,
  2 * one,
  5 * one,
]);

/** In order of time, with a zero wherever the server left a quiet minute out. */
export function timelineColumns(timeline: readonly TimelineEntry[], singleStep = STEP_S.minute): TimelineColumns {
  const entries = timeline
    .map((entry) => ({ ...entry, time: Date.parse(entry.at) / 1_000 }))
    .sort((a, b) => a.time - b.time);
  const step = stepOf(entries.map(({ time }) => time));
  const columns: TimelineColumns = { at: [], requests: [], failures: [], rateLimited: [], responseMs: [] };
  const push = (time: number, entry?: TimelineEntry): void => {
    columns.at.push(time);
    columns.requests.push(entry?.requests ?? 0);
    columns.failures.push(entry?.failures ?? 0);
    columns.rateLimited.push(entry?.rate_limited ?? 0);
    columns.responseMs.push(entry?.average_response_time == null ? null : entry.average_response_time * 1_000);
  };
  let expected = entries[0]?.time ?? 0;
  // A chart of a single moment has no scale. Before the first that holds anything, nothing was called.
  if (entries.length === 1) push(expected - singleStep);
  for (const entry of entries) {
    for (let filled = 0; expected < entry.time - step / 2 && filled < 2_000; filled += 1, expected += step)
      push(expected);
    push(entry.time, entry);
    expected = entry.time + step;
  }
  return columns;
}

/** The smallest gap: a minute or an hour. */
function stepOf(times: readonly number[]): number {
  let step = Infinity;
  for (let index = 1; index < times.length; index += 1) step = Math.min(step, times[index]! - times[index - 1]!);
  return Number.isFinite(step) && step >= 1 ? step : 60;
}

/** What stands in the place of a chart that would show one point or none; undefined where a chart says more. */
export function chartSentence(
  timeline: readonly TimelineEntry[],
  { long, stepS }: { readonly long: string; readonly stepS: number },
): string | undefined {
  const busy = timeline.filter(({ requests, failures, rate_limited }) => requests + failures + rate_limited > 0);
  if (busy.length > 1) return undefined;
  const [only] = busy;
  if (!only) return `No call in the last ${long}.`;
  const counts = [`${only.requests} ${only.requests === 1 ? 'call' : 'calls'}`, `${only.failures} failed`];
  if (only.rate_limited > 0) counts.push(`${only.rate_limited} met a rate limit`);
  if (only.average_response_time !== null) counts.push(`${duration(only.average_response_time)} on average`);
  const unit = stepS < 3_600 ? 'minute' : 'hour';
  return `All calls of the last ${long} were in one ${unit}, ${shortTime(Date.parse(only.at))}: ${counts.join(', ')}. The chart begins with a second ${unit}.`;
}

/** What the chart shows, in words. */
export function timelineSummary(provider: string, timeline: readonly TimelineEntry[]): string {
  const sum = (of: (entry: TimelineEntry) => number): number => timeline.reduce((total, entry) => total + of(entry), 0);
  const peak = timeline.reduce((most, { requests }) => Math.max(most, requests), 0);
  return `Calls of ${provider} over time: ${sum(({ requests }) => requests)} calls, ${sum(({ failures }) => failures)} failed, ${sum(({ rate_limited }) => rate_limited)} rate limited; at most ${peak} calls in one interval.`;
}
