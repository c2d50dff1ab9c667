import type { Outcome } from '../classification/outcome';
import type { KeyRecord } from '../pool/key-record';
import type { CallObserver } from '../pool/pool-observer';
import type { Source } from '../pool/settlement';
import type { KeyMetrics } from './key-metrics';
import type { ProviderCounts } from './provider-counts';

/** Counts the calls of one provider for the metrics. */
export class CallCounter implements CallObserver {
  constructor(
    private readonly counts: ProviderCounts,
    private readonly keys: KeyMetrics | undefined,
  ) {}

  leaseSettled(record: KeyRecord, outcome: Outcome, durationMs: number, source: Source): void {
    const { counts } = this;
    if (source === 'probe') {
      counts.probes.count(outcome);
      return;
    }
    counts.attempts.count(outcome);
    counts.attemptTimes.observe(durationMs);
    this.keys?.count(record, outcome);
  }

  callEnded(success: boolean, attempts: number, totalTimeMs: number): void {
    const { counts } = this;
    if (success) counts.succeeded += 1;
    else counts.failed += 1;
    if (attempts > 1) counts.retries += attempts - 1;
    counts.callTimes.observe(totalTimeMs);
  }
}
