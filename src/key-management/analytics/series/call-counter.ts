import type { Outcome } from '../../classification/outcome';
import type { KeyRecord } from '../../pool/key-record';
import type { CallObserver } from '../../pool/pool-observer';
import type { Source } from '../../pool/settlement';
import { binOf } from './response-bins';
import type { SeriesBook } from './series-book';
import { PLACE, type ProviderTally } from './tallies';

/** Counts the calls of one provider as they are told. What keys were used for is in their records: only that they were is noted. */
export class CallCounter implements CallObserver {
  constructor(
    private readonly tally: ProviderTally,
    private readonly book: SeriesBook,
  ) {}

  leaseSettled(record: KeyRecord, outcome: Outcome, durationMs: number, source: Source): void {
    if (source !== 'call') return;
    const { tally } = this;
    this.book.dirtyProvider(tally);
    this.book.used.note(record);
    tally.outcomes[PLACE[outcome]]! += 1;
    if (outcome === 'ok') {
      tally.responses += 1;
      tally.responseMs += durationMs;
      tally.bins[binOf(durationMs)]! += 1;
    } else if (outcome === 'rate_limited') tally.rateLimited += 1;
  }

  callEnded(success: boolean, attempts: number): void {
    const { tally } = this;
    this.book.dirtyProvider(tally);
    tally.requests += 1;
    if (!success) tally.failures += 1;
    if (attempts > 1) tally.retries += attempts - 1;
  }
}
