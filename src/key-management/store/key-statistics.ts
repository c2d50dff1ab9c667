import type { KeyRecord } from '../pool/key-record';
import type { KeySnapshot } from '../pool/key-snapshot';
import { documentOf, modelRestField } from './key-documents';
import type { StoreLink } from './store-link';
import { SLICE } from '../slices';

/** Counts and times of keys, as the store holds them: sums that add up, and times that only grow. */
export class KeyStatistics {
  #changed = new Set<KeyRecord>();
  /** Those that are being collected. */
  #taken: Iterator<KeyRecord, undefined> | undefined;

  constructor(private readonly link: StoreLink) {}

  /** On the hot path. */
  changed(record: KeyRecord): void {
    if (this.#changed.size === 0) this.link.statisticsPending();
    this.#changed.add(record);
  }

  /** Puts what changed since the last time into the outbox, some keys at once. True if there are more. */
  collect(): boolean {
    this.#taken ??= this.#take();
    for (let left = SLICE; left > 0; left -= 1) {
      const { value: record } = this.#taken.next();
      if (record) this.#collect(record);
      else {
        this.#taken = undefined;
        return false;
      }
    }
    return true;
  }

  /** Another instance counted more. */
  add(record: KeyRecord, field: string, by: number): void {
    if (field === 'successes') {
      record.successCount += by;
      record.keptSuccesses += by;
    } else if (field === 'errors') {
      record.errorCount += by;
      record.keptErrors += by;
    }
  }

  /** The store's totals: what is more there than was known here, others counted. */
  total(record: KeyRecord, field: string, total: number): void {
    const known = field === 'successes' ? record.keptSuccesses : record.keptErrors;
    if (total > known) this.add(record, field, total - known);
  }

  /** What the store should hold by now. `rests`: the key's rests for single models. */
  known(
    record: KeyRecord,
    rests: KeySnapshot['rests'],
  ): { maxima: Record<string, number>; sums: Record<string, number> } {
    const maxima = timesOf(record);
    for (const { model, until } of rests) maxima[modelRestField(model)] = until.getTime();
    return { maxima, sums: { successes: record.keptSuccesses, errors: record.keptErrors } };
  }

  /** What changes from now on is for the next time. */
  #take(): Iterator<KeyRecord, undefined> {
    const changed = this.#changed;
    this.#changed = new Set();
    return changed.values();
  }

  #collect(record: KeyRecord): void {
    const doc = documentOf(record.provider, record.id);
    this.link.add(doc, 'successes', record.successCount - record.keptSuccesses);
    this.link.add(doc, 'errors', record.errorCount - record.keptErrors);
    record.keptSuccesses = record.successCount;
    record.keptErrors = record.errorCount;
    for (const [field, value] of Object.entries(timesOf(record))) this.link.raise(doc, field, value);
  }
}

function timesOf({ lastUsedAt, lastSuccessAt, lastCheckedAt }: KeyRecord): Record<string, number> {
  const times: Record<string, number> = {};
  if (lastUsedAt > 0) times.lastUsedAt = lastUsedAt;
  if (lastSuccessAt > 0) times.lastSuccessAt = lastSuccessAt;
  if (lastCheckedAt > 0) times.lastCheckedAt = lastCheckedAt;
  return times;
}
