import { addUsageOf, type CallBatch, type CallObserver } from '../pool/call-batches';
import type { KeyMetrics } from './key-metrics';
import type { ProviderCounts } from './provider-counts';

/** Counts the calls of one provider for the metrics. */
export class CallCounter implements CallObserver {
  constructor(
    private readonly counts: ProviderCounts,
    private readonly keys: KeyMetrics | undefined,
  ) {}

  onCallBatch(batch: CallBatch): void {
    this.#settled(batch);
    addUsageOf(batch, this.counts.usage);
    this.#ended(batch);
  }

  #settled({ settled, records, outcomes, probes, durationsMs }: CallBatch): void {
    const { attempts, attemptTimes, probes: probed } = this.counts;
    for (let at = 0; at < settled; at += 1) {
      const outcome = outcomes[at]!;
      if (probes[at] === 1) {
        probed.count(outcome);
        continue;
      }
      attempts.count(outcome);
      attemptTimes.observe(durationsMs[at]!);
      this.keys?.count(records[at]!, outcome);
    }
  }

  #ended({ ended, successes, attempts, totalTimesMs }: CallBatch): void {
    const { counts } = this;
    for (let at = 0; at < ended; at += 1) {
      if (successes[at] === 1) counts.succeeded += 1;
      else counts.failed += 1;
      if (attempts[at]! > 1) counts.retries += attempts[at]! - 1;
      counts.callTimes.observe(totalTimesMs[at]!);
    }
  }
}
