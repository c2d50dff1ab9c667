import { percentage } from '../pool/key/key-snapshot';
import { seconds } from './comprehensive-status';
import type { CallSummary, ComprehensiveStatus } from './documents';
import type { SeriesService } from './series/series.service';

export function callSummary(series: SeriesService, provider: string): CallSummary {
  const { requests, failures, retries, keysRemoved } = series.totals(provider);
  const times = series.responseTimes(provider);
  return {
    success_rate: requests === 0 ? null : percentage(requests - failures, requests),
    average_response_time: seconds(times?.averageMs),
    response_time_p50: seconds(times?.p50Ms),
    response_time_p95: seconds(times?.p95Ms),
    requests,
    failures,
    retries,
    keys_removed: keysRemoved,
  };
}

/** Of all providers together. */
export function globalStats(series: SeriesService): ComprehensiveStatus['global_stats'] {
  const totals = series.allTotals();
  return {
    total_requests: totals.reduce((sum, { requests }) => sum + requests, 0),
    total_failures: totals.reduce((sum, { failures }) => sum + failures, 0),
    keys_removed: totals.reduce((sum, { keysRemoved }) => sum + keysRemoved, 0),
  };
}
