import { getOrCreate } from '../common/get-or-create';
import type { Registry } from 'prom-client';
import type { KeyRecord } from '../pool/key/key-record';
import { OutcomeCounts } from './provider-counts';
import { scrapedCounter, scrapedGauge } from './scraped';

/** Metrics of single keys, by id. Only where the app asks for them: each key is a series of its own. */
export class KeyMetrics {
  readonly #attempts = new Map<KeyRecord, OutcomeCounts>();

  register(registry: Registry, records: () => Iterable<KeyRecord>): void {
    scrapedGauge(registry, {
      name: 'ai_keys_key_available',
      help: '1 while the key is healthy, otherwise 0.',
      labels: ['provider', 'key_id'],
      *samples() {
        for (const { provider, id, status } of records()) {
          yield [{ provider, key_id: id }, status === 'healthy' ? 1 : 0];
        }
      },
    });
    scrapedGauge(registry, {
      name: 'ai_keys_key_runs_out_timestamp_seconds',
      help: 'When something that the key has left is spent, at the present pace; only where that is known.',
      labels: ['provider', 'key_id'],
      *samples() {
        for (const { provider, id, funds } of records())
          if (funds?.runsOutAt !== undefined) yield [{ provider, key_id: id }, funds.runsOutAt / 1_000];
      },
    });
    const attempts = this.#attempts;
    scrapedCounter(registry, {
      name: 'ai_keys_key_attempts_total',
      help: 'Attempts with each key, by outcome.',
      labels: ['provider', 'key_id', 'outcome'],
      *samples() {
        for (const [{ provider, id }, counts] of attempts) {
          for (const [outcome, count] of counts.entries()) yield [{ provider, key_id: id, outcome }, count];
        }
      },
    });
  }

  /** On the hot path. @param place Of the outcome, in `OUTCOMES`. */
  count(record: KeyRecord, place: number): void {
    getOrCreate(this.#attempts, record, newCounts).count(place);
  }

  forget(record: KeyRecord): void {
    this.#attempts.delete(record);
  }
}

const newCounts = (): OutcomeCounts => new OutcomeCounts();
