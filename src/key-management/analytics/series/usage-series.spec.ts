import type { UsageTotals } from '../../pool/key/key-usage';
import { addToCounts } from '../../pool/key/key-usage';
import { CounterDocument, HOURS, MINUTES, TOTALS, usageColumn } from './counter-document';
import { WIDTH } from './measures';
import { ProviderSeries } from './provider-series';
import { ProviderTally } from './provider-tally';

const MINUTE = Math.floor(Date.UTC(2026, 10, 28, 12, 34) / 60_000);
const used = { inputTokens: 100, outputTokens: 20, cachedInputTokens: 60, cacheWriteTokens: 0, reasoningTokens: 5 };

function counted(costUsd: number | undefined, calls: number): ProviderTally {
  const tally = new ProviderTally('openai');
  for (let n = 0; n < calls; n += 1)
    addToCounts(tally.usage, 1, costUsd === undefined ? undefined : { ...used, costUsd });
  return tally;
}

it('has what calls used in the minute, in the hour, and in all', () => {
  const series = new ProviderSeries();
  series.take(counted(0.001, 3), MINUTE);
  series.take(counted(undefined, 2), MINUTE + 1);
  const first: Partial<UsageTotals> = { requests: 3, requestsWithoutUsage: 0, inputTokens: 300, costUsd: 0.003 };
  const minutes = series.timeline('minute', MINUTE, MINUTE + 2);
  expect(minutes[0]!.usage).toMatchObject(first);
  expect(minutes[1]!.usage).toMatchObject({ requests: 2, requestsWithoutUsage: 2, inputTokens: 0 });
  expect(minutes[1]!.usage!.costUsd).toBeUndefined();
  expect(minutes[2]!.usage).toBeUndefined();
  const hour = Math.floor(MINUTE / 60);
  const all = { requests: 5, requestsWithoutUsage: 2, inputTokens: 300, reasoningTokens: 15, costUsd: 0.003 };
  expect(series.timeline('hour', hour, hour)[0]!.usage).toMatchObject(all);
  expect(series.total().usage).toMatchObject(all);
});

it('loses no part of a cost that is smaller than what is stored', () => {
  const series = new ProviderSeries();
  const tally = new ProviderTally('openai');
  for (let n = 0; n < 1_000; n += 1) {
    addToCounts(tally.usage, 1, { ...used, costUsd: 0.3e-8 });
    series.take(tally, MINUTE);
  }
  expect(series.total().usage.costUsd).toBeCloseTo(1_000 * 0.3e-8, 8);
});

it('stands behind the columns that earlier versions of the package know, under names of its own', () => {
  for (const [kind, buckets] of [
    [MINUTES, 60],
    [HOURS, 24],
  ] as const) {
    expect(kind.fields.slice(0, WIDTH)).toEqual(['0r', '0f', '0l', '0x', '0n', '0t', '0a', '0k', '0e']);
    expect(kind.fields[usageColumn(buckets, 1)]).toBe('1un');
    expect(new Set(kind.fields).size).toBe(kind.fields.length);
  }
  expect(TOTALS.fields.slice(0, 5)).toEqual(['requests', 'failures', 'retries', 'keys_removed', 'outcome:ok']);
  const stored: [string, number][] = [];
  const document = new CounterDocument(HOURS);
  document.add(usageColumn(24, 3), 2);
  document.takeUnsent((field, by) => stored.push([field, by]));
  expect(stored).toEqual([['3un', 2]]);
});
