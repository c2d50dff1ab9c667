import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import { CODE_FOLDER } from '../key-management.constants';
import type { StoreLink } from '../store/sync/store-link';
import { scrapedCounter, scrapedGauge } from './scraped';

type StoreFacts = Pick<StoreLink, 'kind' | 'up' | 'backlog' | 'lagMs' | 'failures' | 'lastWriteMs'>;

/** Registers the metrics of the store and of the build. */
export function registerStoreMetrics(registry: Registry, store: StoreFacts): void {
  const gauge = (name: string, help: string, value: () => number): void =>
    scrapedGauge(registry, { name, help, labels: [], samples: () => [[{}, value()]] });
  gauge('ai_keys_store_up', '1 while the store is reached, and reads and writes.', () => (store.up ? 1 : 0));
  gauge(
    'ai_keys_store_backlog_documents',
    'Documents with changes that are not in the store yet.',
    () => store.backlog,
  );
  gauge(
    'ai_keys_store_lag_seconds',
    'For how long the oldest change has been waiting to be written.',
    () => store.lagMs / 1_000,
  );
  gauge(
    'ai_keys_store_last_write_duration_seconds',
    'How long the last good write took.',
    () => store.lastWriteMs / 1_000,
  );
  scrapedCounter(registry, {
    name: 'ai_keys_store_write_failures_total',
    help: 'Writes that failed; each is repeated.',
    labels: [],
    samples: () => [[{}, store.failures]],
  });
  scrapedGauge(registry, {
    name: 'ai_keys_build_info',
    help: 'Always 1; what runs is in the labels.',
    labels: ['version', 'node', 'store'],
    samples: () => [[{ version: VERSION, node: process.versions.node, store: store.kind }, 1]],
  });
}

/** The package's manifest lies at the same distance from the sources and from what is built of them. In an app's bundle another one may lie there. */
const VERSION = versionIn(join(CODE_FOLDER, '../../package.json'));

function versionIn(path: string): string {
  try {
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
    return (name === 'nestjs-ai-key-management' && version) || 'unknown';
  } catch {
    return 'unknown';
  }
}
