import type { Register, StoreChange } from '../port/key-store';
import { replaces } from '../port/merge';
import { maximumKey, paths, registerKey } from './layout';

/** By their key in the database. */
type Values = Map<string, Register | number>;

/** The values of registers and maxima that are known to stand in the database, so that the next write removes those it beats. */
export class KnownValues {
  readonly #documents = new Map<string, Map<string, Values>>();

  /** Takes note of changes that are in the database now. */
  learn(changes: readonly StoreChange[]): void {
    for (const change of changes) {
      if (change.kind === 'drop') this.#documents.delete(change.doc);
      else if (change.kind === 'set') {
        this.#values(change.doc, paths.registerField(change.doc, change.field)).set(
          registerKey(change.register),
          change.register,
        );
      } else if (change.kind === 'max') {
        this.#values(change.doc, paths.maximumField(change.doc, change.field)).set(
          maximumKey(change.value),
          change.value,
        );
      }
    }
  }

  /** Takes from what is known, and returns the paths of, the values that `value` beats at the field. */
  beatenBy(doc: string, fieldPath: string, value: Register | number): string[] {
    const known = this.#documents.get(doc)?.get(fieldPath);
    if (known === undefined) return [];
    const beaten = [...known].filter(([, other]) => beats(value, other)).map(([key]) => key);
    for (const key of beaten) known.delete(key);
    return beaten.map((key) => `${fieldPath}/${key}`);
  }

  clear(): void {
    this.#documents.clear();
  }

  #values(doc: string, fieldPath: string): Values {
    let fields = this.#documents.get(doc);
    if (fields === undefined) this.#documents.set(doc, (fields = new Map<string, Values>()));
    let values = fields.get(fieldPath);
    if (values === undefined) fields.set(fieldPath, (values = new Map<string, Register | number>()));
    return values;
  }
}

function beats(a: Register | number, b: Register | number): boolean {
  return typeof a === 'number' || typeof b === 'number' ? a > b : replaces(a, b);
}
