import { OUTCOMES } from '../../vendors/contract/outcome';
import { speaksAgainst } from '../../health/provider-facts';
import { addUsageOf, CALL_ENDS, type CallBatch, type CallObserver } from '../../pool/call-batches';
import { binOf } from './response-bins';
import type { SeriesBook } from './series-book';
import type { ProviderTally } from './provider-tally';

const OK = OUTCOMES.indexOf('ok');
const RATE_LIMITED = OUTCOMES.indexOf('rate_limited');
const NO_KEY = CALL_ENDS.indexOf('no_key');

/** Adds each batch of calls to the provider's tally. The calls of single keys are counted in their records; here the keys are only marked as used. */
export class CallCounter implements CallObserver {
  constructor(
    private readonly tally: ProviderTally,
    private readonly book: SeriesBook,
  ) {}

  onCallBatch(batch: CallBatch): void {
    this.book.markDirty(this.tally);
    this.#settled(batch);
    addUsageOf(batch, this.tally.usage);
    this.#ended(batch);
  }

  #settled({ settled, records, outcomes, probes, durationsMs }: CallBatch): void {
    const { tally } = this;
    const { used } = this.book;
    for (let at = 0; at < settled; at += 1) {
      if (probes[at] === 1) continue;
      used.add(records[at]!);
      const outcome = outcomes[at]!;
      tally.outcomes[outcome]! += 1;
      if (outcome === OK) {
        const durationMs = durationsMs[at]!;
        tally.responses += 1;
        tally.responseMs += durationMs;
        tally.bins[binOf(durationMs)]! += 1;
      } else if (outcome === RATE_LIMITED) tally.rateLimited += 1;
    }
  }

  #ended({ ended, ends, successes, attempts }: CallBatch): void {
    const { tally } = this;
    tally.requests += ended;
    for (let at = 0; at < ended; at += 1) {
      if (successes[at] === 0) {
        tally.failures += 1;
        if (ends[at] === NO_KEY) tally.refused += 1;
        else if (!speaksAgainst(ends[at]!)) tally.excused += 1;
      }
      if (attempts[at]! > 1) tally.retries += attempts[at]! - 1;
    }
  }
}
