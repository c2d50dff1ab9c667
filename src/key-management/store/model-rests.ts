import type { KeyRecord } from '../pool/key-record';
import { modelOfRestField } from './key-documents';

/** Fields of one key's document cannot be taken out again, and callers may make up the names of models. */
const MOST_MODELS = 256;

/** Which models' rests the store has of each key: beyond a bound no further ones are kept, and each instance learns them for itself. */
export class ModelRests {
  readonly #fields = new WeakMap<KeyRecord, Set<string>>();

  /** The store has this field. */
  seen(record: KeyRecord, field: string): void {
    if (modelOfRestField(field) !== undefined) this.#of(record).add(field);
  }

  /** Whether the field may be written. */
  admits(record: KeyRecord, field: string): boolean {
    const fields = this.#of(record);
    if (fields.size < MOST_MODELS) fields.add(field);
    return fields.has(field);
  }

  #of(record: KeyRecord): Set<string> {
    let fields = this.#fields.get(record);
    if (!fields) this.#fields.set(record, (fields = new Set()));
    return fields;
  }
}
