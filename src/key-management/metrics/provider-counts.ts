import { getOrCreate } from '../common/get-or-create';
import { OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import { USAGE_COUNTS } from '../pool/key/key-usage';
import { TimeHistogram } from './time-histogram';

/** Counts by outcome, of attempts or probes. */
export class OutcomeCounts {
  readonly #counts = new Float64Array(OUTCOMES.length);

  /** @param place In `OUTCOMES`. */
  count(place: number): void {
    this.#counts[place]! += 1;
  }

  /** Those that happened. */
  entries(): [outcome: Outcome, count: number][] {
    return OUTCOMES.map((outcome, place): [Outcome, number] => [outcome, this.#counts[place]!]).filter(
      ([, n]) => n > 0,
    );
  }
}

/** What this instance counted of one provider since its start. */
export class ProviderCounts {
  succeeded = 0;
  failed = 0;
  retries = 0;
  readonly attempts = new OutcomeCounts();
  readonly probes = new OutcomeCounts();
  readonly callTimes = new TimeHistogram();
  readonly attemptTimes = new TimeHistogram();
  readonly queueTimes = new TimeHistogram();
  /** What calls used, in the order of `USAGE_COUNTS`. */
  readonly usage = new Float64Array(USAGE_COUNTS.length);
  readonly removed = new Map<string, number>();
  /** Of pools that were opened at run time and are closed by now: what else stands in the pools. */
  readonly closed = { kept: 0, moved: 0, asked: 0 };
}

/** Providers with a label of their own; any more share one, so that nothing can make the metrics grow. */
export const MAX_PROVIDERS = 50;
export const OTHER_PROVIDERS = 'other';

/** The counters of all providers, by label. */
export class CountsByProvider {
  readonly #counts = new Map<string, ProviderCounts>();

  /** @param nameOf By which name a provider is counted: a pool that was opened at run time as the one that it is like. */
  constructor(private readonly nameOf: (provider: string) => string = (provider) => provider) {}

  /** On the hot path. */
  of(provider: string): ProviderCounts {
    return this.labelled(this.labelOf(provider));
  }

  /** The same by the label's value. */
  labelled(label: string): ProviderCounts {
    return getOrCreate(this.#counts, label, () => new ProviderCounts());
  }

  /** The label's value for the provider. */
  labelOf(provider: string): string {
    const name = this.nameOf(provider);
    return this.#counts.has(name) || this.#counts.size < MAX_PROVIDERS ? name : OTHER_PROVIDERS;
  }

  entries(): IterableIterator<[provider: string, counts: ProviderCounts]> {
    return this.#counts.entries();
  }
}
