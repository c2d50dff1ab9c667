import type { LabelValues, Registry } from 'prom-client';
import { totalsOf } from '../pool/key/key-usage';
import type { CountsByProvider, ProviderCounts } from './provider-counts';
import { scrapedCounter, scrapedHistogram, type Sample } from './scraped';
import type { TimeHistogram } from './time-histogram';

/** Metrics of calls, attempts and probes: what this instance counted. */
export function registerCallMetrics(registry: Registry, counts: CountsByProvider): void {
  const counter = <L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    of: (counts: ProviderCounts) => Iterable<Sample<L>>,
  ): void => {
    scrapedCounter<L | 'provider'>(registry, {
      name,
      help,
      labels: ['provider', ...labels],
      *samples() {
        for (const [provider, each] of counts.entries()) {
          for (const [values, value] of of(each)) yield [{ provider, ...values } as LabelValues<L | 'provider'>, value];
        }
      },
    });
  };
  const histogram = (name: string, help: string, of: (counts: ProviderCounts) => TimeHistogram): void => {
    scrapedHistogram<'provider'>(registry, {
      name,
      help,
      labels: ['provider'],
      *samples() {
        for (const [provider, each] of counts.entries()) yield [{ provider }, of(each)];
      },
    });
  };

  counter('ai_keys_calls_total', 'Managed calls that ended, by result.', ['result'], ({ succeeded, failed }) => [
    [{ result: 'success' }, succeeded],
    [{ result: 'failure' }, failed],
  ]);
  counter('ai_keys_retries_total', 'Attempts after the first of a call.', [], ({ retries }) => [[{}, retries]]);
  counter('ai_keys_attempts_total', 'Attempts of managed calls, by outcome.', ['outcome'], ({ attempts }) =>
    attempts.entries().map(([outcome, count]) => [{ outcome }, count]),
  );
  counter('ai_keys_probes_total', 'Health checks of keys, by outcome.', ['outcome'], ({ probes }) =>
    probes.entries().map(([outcome, count]) => [{ outcome }, count]),
  );
  counter('ai_keys_removals_total', 'Keys removed from their pool, by their new status.', ['status'], ({ removed }) =>
    Array.from(removed, ([status, count]) => [{ status }, count]),
  );
  counter(
    'ai_keys_tokens_total',
    'Tokens that answers stated to have used. `input` includes `cached_input` and `cache_write`, `output` includes `reasoning`.',
    ['kind'],
    ({ usage }) => {
      const used = totalsOf(usage);
      return [
        [{ kind: 'input' }, used.inputTokens],
        [{ kind: 'output' }, used.outputTokens],
        [{ kind: 'cached_input' }, used.cachedInputTokens],
        [{ kind: 'cache_write' }, used.cacheWriteTokens],
        [{ kind: 'reasoning' }, used.reasoningTokens],
      ];
    },
  );
  counter('ai_keys_cost_usd_total', 'US dollars that calls cost, as far as that is known.', [], ({ usage }) => {
    const { requests, costUsd } = totalsOf(usage);
    // What is not known of any of the calls is not nothing.
    return requests > 0 && costUsd === undefined ? [] : [[{}, costUsd ?? 0]];
  });
  counter(
    'ai_keys_answered_requests_total',
    'Requests that the vendor answered, by what is known of their use: `priced`, only `tokens`, or `nothing`.',
    ['known'],
    ({ usage }) => {
      const { requests, requestsWithoutUsage, requestsWithoutCost } = totalsOf(usage);
      return [
        [{ known: 'priced' }, requests - requestsWithoutUsage - requestsWithoutCost],
        [{ known: 'tokens' }, requestsWithoutCost],
        [{ known: 'nothing' }, requestsWithoutUsage],
      ];
    },
  );
  histogram(
    'ai_keys_call_duration_seconds',
    'How long managed calls took, with all their attempts and waits.',
    ({ callTimes }) => callTimes,
  );
  histogram('ai_keys_attempt_duration_seconds', 'How long single attempts took.', ({ attemptTimes }) => attemptTimes);
  histogram(
    'ai_keys_queue_wait_duration_seconds',
    'How long calls waited in the queue for a key.',
    ({ queueTimes }) => queueTimes,
  );
}
