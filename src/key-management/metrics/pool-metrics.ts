import { getOrCreate } from '../common/get-or-create';
import type { Registry } from 'prom-client';
import { PROVIDER_STATES, type ProviderState } from '../pool/key-events';
import type { KeyPool } from '../pool/key-pool';
import { KEY_STATUSES } from '../pool/key/key-state';
import { countStatuses } from '../pool/key/status-counts';
import { scrapedCounter, scrapedGauge, type Sample } from './scraped';

/** What is counted in the pools themselves. */
type PoolCounts = KeyPool['calls']['byAffinity'];

/** Reads the state of the pools at the moment of the scrape. */
export interface PoolFacts {
  pools(): Iterable<KeyPool>;
  labelOf(provider: string): string;
  /** What the pools of that label counted that are closed by now. */
  ofClosed(label: string): Readonly<PoolCounts>;
  /** Calls that wait for a key of the provider. */
  queueLength(provider: string): number;
  /** Of every provider that has keys or is called, without pools that were opened at run time: a customer's dead key is no trouble of the app's. */
  states(): Iterable<{ readonly provider: string; readonly state: ProviderState }>;
  /** Keys that can serve at least one of the models called lately. */
  usableKeys(pool: KeyPool): number;
}

/** Registers the gauges of keys, provider states, attempts in flight and queues. */
export function registerPoolMetrics(registry: Registry, facts: PoolFacts): void {
  scrapedGauge(registry, {
    name: 'ai_keys_pool_keys',
    help: 'Keys of each provider, by status. Instances that share a store all count the same keys.',
    labels: ['provider', 'status'],
    *samples() {
      for (const [provider, pools] of byLabel(facts)) {
        const counts = countStatuses(...pools);
        // Also those that no key has: an alert on 0 needs something to compare.
        for (const status of KEY_STATUSES) yield [{ provider, status }, counts[status] ?? 0];
      }
    },
  });
  scrapedGauge(registry, {
    name: 'ai_keys_pool_usable_keys',
    help: 'Keys that can serve at least one of the models that were called within the hour: neither out of the pool nor cooling down for all of them.',
    labels: ['provider'],
    samples: () => sumPerProvider(facts, (pool) => facts.usableKeys(pool)),
  });
  scrapedGauge(registry, {
    name: 'ai_keys_pool_state',
    help: '1 for the state in which each provider is, 0 for the others; as this instance sees it.',
    labels: ['provider', 'state'],
    *samples() {
      const states = new Map<string, Set<ProviderState>>();
      for (const { provider, state } of facts.states()) {
        getOrCreate(states, facts.labelOf(provider), () => new Set<ProviderState>()).add(state);
      }
      for (const [provider, current] of states) {
        for (const state of PROVIDER_STATES) yield [{ provider, state }, current.has(state) ? 1 : 0];
      }
    },
  });
  scrapedGauge(registry, {
    name: 'ai_keys_in_flight_attempts',
    help: 'Attempts under way.',
    labels: ['provider'],
    samples: () => sumPerProvider(facts, inFlightOf),
  });
  scrapedCounter(registry, {
    name: 'ai_keys_affinity_calls_total',
    help: 'Calls with an affinity, by whether the account that they belong to served them.',
    labels: ['provider', 'result'],
    *samples() {
      for (const result of ['kept', 'moved'] as const)
        for (const [labels, count] of countPerProvider(facts, result)) yield [{ ...labels, result }, count];
    },
  });
  scrapedCounter(registry, {
    name: 'ai_keys_accounts_asked_total',
    help: 'Requests to accounts that turned out not to have the object which the call names, since nobody knew whose it is.',
    labels: ['provider'],
    samples: () => countPerProvider(facts, 'asked'),
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

/** A counter goes on when a pool of the label is closed. */
function* countPerProvider(facts: PoolFacts, count: keyof PoolCounts): Iterable<Sample<'provider'>> {
  for (const [provider, pools] of byLabel(facts)) {
    const closed = facts.ofClosed(provider)[count];
    yield [{ provider }, pools.reduce((sum, { calls }) => sum + calls.byAffinity[count], closed)];
  }
}

function byLabel(facts: PoolFacts): Map<string, KeyPool[]> {
  const byName = new Map<string, KeyPool[]>();
  for (const pool of facts.pools()) {
    getOrCreate(byName, facts.labelOf(pool.provider), (): KeyPool[] => []).push(pool);
  }
  return byName;
}

function inFlightOf(pool: KeyPool): number {
  let inFlight = 0;
  for (const record of pool.records()) inFlight += record.inFlight;
  return inFlight;
}
