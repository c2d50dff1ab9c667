import type { KeyRecord } from '../../pool/key/key-record';
import { scopeOfField } from './key-documents';

/** Fields of one key's document cannot be taken out again, and callers may make up the names of models and endpoints. */
const MOST_MODELS = 256;
const MOST_ENDPOINTS = 64;

interface Fields {
  readonly models: Set<string>;
  readonly endpoints: Set<string>;
}

/** Which cooldowns the store has of each key: beyond a bound no further ones are kept, and each instance learns them for itself. */
export class ModelCooldowns {
  readonly #fields = new WeakMap<KeyRecord, Fields>();

  /** The store has this field. */
  seen(record: KeyRecord, field: string): void {
    const scope = scopeOfField(field);
    if (scope === undefined) return;
    const { models, endpoints } = this.#of(record);
    (scope.model === undefined ? endpoints : models).add(field);
  }

  /** Whether the field may be written. */
  admits(record: KeyRecord, field: string): boolean {
    const { models, endpoints } = this.#of(record);
    const [fields, most] =
      scopeOfField(field)?.model === undefined ? [endpoints, MOST_ENDPOINTS] : [models, MOST_MODELS];
    if (fields.size < most) fields.add(field);
    return fields.has(field);
  }

  /** Those that the store may have of the key. */
  *of(record: KeyRecord): Iterable<string> {
    const { models, endpoints } = this.#of(record);
    yield* models;
    yield* endpoints;
  }

  #of(record: KeyRecord): Fields {
    let fields = this.#fields.get(record);
    if (!fields) this.#fields.set(record, (fields = { models: new Set(), endpoints: new Set() }));
    return fields;
  }
}
