import type { Registry } from 'prom-client';
import type { KeyPool } from '../pool/key-pool';
import { KEY_STATUSES, type KeyStatus } from '../pool/key-state';
import { scrapedGauge, type Sample } from './scraped';

/** How the pools stand at the moment they are asked. */
export interface PoolFacts {
  pools(): Iterable<KeyPool>;
  labelOf(provider: string): string;
  /** Calls that wait for a key of the provider. */
  queueLength(provider: string): number;
}

export function registerPoolMetrics(registry: Registry, facts: PoolFacts): void {
  scrapedGauge(registry, {
    name: 'ai_keys_pool_keys',
    help: 'Keys of each provider, by status. Instances that share a store all count the same keys.',
    labels: ['provider', 'status'],
    *samples() {
      for (const [provider, pools] of byLabel(facts)) {
        const counts = countStatuses(pools);
        // Also those that no key has: an alert on 0 needs something to compare.
        for (const status of KEY_STATUSES) yield [{ provider, status }, counts.get(status) ?? 0];
      }
    },
  });
  scrapedGauge(registry, {
    name: 'ai_keys_in_flight_attempts',
    help: 'Attempts under way.',
    labels: ['provider'],
    samples: () => sumPerProvider(facts, inFlightOf),
  });
  scrapedGauge(registry, {
    name: 'ai_keys_queue_length',
    help: 'Calls that wait for a key.',
    labels: ['provider'],
    samples: () => sumPerProvider(facts, ({ provider }) => facts.queueLength(provider)),
  });
}

function* sumPerProvider(facts: PoolFacts, of: (pool: KeyPool) => number): Iterable<Sample<'provider'>> {
  for (const [provider, pools] of byLabel(facts)) yield [{ provider }, pools.reduce((sum, pool) => sum + of(pool), 0)];
}

function byLabel(facts: PoolFacts): Map<string, KeyPool[]> {
  const byName = new Map<string, KeyPool[]>();
  for (const pool of facts.pools()) {
    const label = facts.labelOf(pool.provider);
    byName.set(label, [...(byName.get(label) ?? []), pool]);
  }
  return byName;
}

function countStatuses(pools: readonly KeyPool[]): Map<KeyStatus, number> {
  const counts = new Map<KeyStatus, number>();
  for (const pool of pools) {
    pool.wake();
    for (const { status } of pool.records()) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

function inFlightOf(pool: KeyPool): number {
  let inFlight = 0;
  for (const record of pool.records()) inFlight += record.inFlight;
  return inFlight;
}
