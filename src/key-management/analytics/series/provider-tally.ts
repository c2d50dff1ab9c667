import { OUTCOMES } from '../../vendors/contract/outcome';
import { USAGE_COUNTS } from '../../pool/key/key-usage';
import { BINS } from './bin-count';

/** What was counted of one provider since it was last taken over. Written on the hot path. */
export class ProviderTally {
  isDirty = false;
  requests = 0;
  failures = 0;
  retries = 0;
  refused = 0;
  excused = 0;
  rateLimited = 0;
  keysRemoved = 0;
  responses = 0;
  responseMs = 0;
  /** Attempts, by the place of their outcome. */
  readonly outcomes = new Uint32Array(OUTCOMES.length);
  /** Response times, by the sketch's bin. */
  readonly bins = new Uint32Array(BINS);

  /** What calls used, in the order of `USAGE_COUNTS`. */
  readonly usage = new Float64Array(USAGE_COUNTS.length);

  constructor(readonly provider: string) {}

  clear(): void {
    if (this.responses > 0) this.bins.fill(0);
    this.isDirty = false;
    this.requests = this.failures = this.retries = this.rateLimited = this.keysRemoved = 0;
    this.refused = this.excused = this.responses = this.responseMs = 0;
    this.outcomes.fill(0);
    // Costs are taken over in whole units: what is less than one waits.
    for (let i = 0; i < this.usage.length; i += 1) this.usage[i]! -= Math.round(this.usage[i]!);
  }
}
