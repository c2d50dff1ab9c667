import type { Registry } from 'prom-client';
import type { SourceStatus } from '../health/key-sources.service';
import { scrapedGauge } from './scraped';

/** Registers the gauges of key sources. */
export function registerSourceMetrics(
  registry: Registry,
  labelOf: (provider: string) => string,
  sources: () => Iterable<SourceStatus>,
): void {
  scrapedGauge(registry, {
    name: 'ai_keys_source_up',
    help: 'Of each provider with a key source: 1 where its last read was good, 0 where it failed or gave no key.',
    labels: ['provider'],
    *samples() {
      for (const { provider, failures } of sources()) yield [{ provider: labelOf(provider) }, failures === 0 ? 1 : 0];
    },
  });
  scrapedGauge(registry, {
    name: 'ai_keys_source_last_read_timestamp_seconds',
    help: 'When the key source of the provider was read well last.',
    labels: ['provider'],
    *samples() {
      for (const { provider, lastReadAt } of sources())
        if (lastReadAt !== undefined) yield [{ provider: labelOf(provider) }, lastReadAt / 1_000];
    },
  });
}
