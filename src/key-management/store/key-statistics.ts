import type { KeyRecord } from '../pool/key-record';
import type { KeySnapshot } from '../pool/key-snapshot';
import type { UsedKeys } from '../pool/used-keys';
import { documentOf, modelRestField } from './key-documents';
import type { StoreLink } from './store-link';

/** What of a key's counts the store has had. */
interface Counted {
  successes: number;
  errors: number;
}

/** Counts and times of keys, as the store holds them: sums that add up, and times that only grow. */
export class KeyStatistics {
  readonly #counted = new WeakMap<KeyRecord, Counted>();

  /** @param used A list of its own. */
  constructor(
    private readonly link: StoreLink,
    private readonly used: UsedKeys,
  ) {}

  changed(record: KeyRecord): void {
    this.used.note(record);
  }

  /** Puts what changed since the last time into the outbox. */
  collect(): void {
    for (const record of this.used.take()) {
      const doc = documentOf(record.provider, record.id);
      const counted = this.#of(record);
      this.link.add(doc, 'successes', record.successCount - counted.successes);
      this.link.add(doc, 'errors', record.errorCount - counted.errors);
      counted.successes = record.successCount;
      counted.errors = record.errorCount;
      for (const [field, value] of Object.entries(timesOf(record))) this.link.raise(doc, field, value);
    }
  }

  /** Another instance counted more. */
  add(record: KeyRecord, field: string, by: number): void {
    const counted = this.#of(record);
    if (field === 'successes') {
      record.successCount += by;
      counted.successes += by;
    } else if (field === 'errors') {
      record.errorCount += by;
      counted.errors += by;
    }
  }

  /** The store's totals: what is more there than was known here, others counted. */
  total(record: KeyRecord, field: string, total: number): void {
    const counted = this.#of(record);
    const known = field === 'successes' ? counted.successes : counted.errors;
    if (total > known) this.add(record, field, total - known);
  }

  /** What the store should hold by now. `rests`: the key's rests for single models. */
  known(
    record: KeyRecord,
    rests: KeySnapshot['rests'],
  ): { maxima: Record<string, number>; sums: Record<string, number> } {
    const { successes, errors } = this.#of(record);
    const maxima = timesOf(record);
    for (const { model, until } of rests) maxima[modelRestField(model)] = until.getTime();
    return { maxima, sums: { successes, errors } };
  }

  #of(record: KeyRecord): Counted {
    let counted = this.#counted.get(record);
    if (!counted) this.#counted.set(record, (counted = { successes: 0, errors: 0 }));
    return counted;
  }
}

function timesOf({ lastUsedAt, lastSuccessAt, lastCheckedAt }: KeyRecord): Record<string, number> {
  const times: Record<string, number> = {};
  if (lastUsedAt > 0) times.lastUsedAt = lastUsedAt;
  if (lastSuccessAt > 0) times.lastSuccessAt = lastSuccessAt;
  if (lastCheckedAt > 0) times.lastCheckedAt = lastCheckedAt;
  return times;
}
