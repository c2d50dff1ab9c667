import type { Counter, Gauge, LabelValues, Metric, Registry } from 'prom-client';
import { promClient } from './prom-client';
import type { TimeHistogram } from './time-histogram';

/** Labels and value of one line. */
export type Sample<L extends string> = readonly [labels: LabelValues<L>, value: number];

/** A metric whose values are computed when it is scraped; the metric itself keeps none. */
export interface Scraped<L extends string, S> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  readonly samples: () => Iterable<S>;
}

/** Registers a counter or gauge that asks for its values when it is scraped. */
const scraped =
  (kind: 'Counter' | 'Gauge') =>
  <L extends string>(registry: Registry, { name, help, labels, samples }: Scraped<L, Sample<L>>): void => {
    const Kind: typeof Counter | typeof Gauge = promClient()[kind];
    new Kind<L>({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      collect(this: Counter<L> | Gauge<L>) {
        this.reset();
        for (const [values, value] of samples()) this.inc(values, value);
      },
    });
  };
export const scrapedCounter = scraped('Counter');
export const scrapedGauge = scraped('Gauge');

/**
 * prom-client's own histogram costs 250 ns an observation, too much for the hot path; ours costs a few, and is put into its words
 * when it is asked for.
 */
export function scrapedHistogram<L extends string>(
  registry: Registry,
  { name, help, samples }: Scraped<L, readonly [labels: LabelValues<L>, histogram: TimeHistogram]>,
): void {
  const get = () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...samples()].flatMap(([labels, histogram]) => histogram.lines(name, labels)),
  });
  // The registry calls nothing else; its type names prom-client's own classes only.
  registry.registerMetric({
    name,
    help,
    type: 'histogram',
    get: () => Promise.resolve(get()),
    reset: () => undefined,
  } as unknown as Metric);
}
