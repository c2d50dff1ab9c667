import type { Json, StoreChange } from '../port/key-store';

/** A change as the server's own code reads it. Numbers and values are texts, since its JSON would change them. */
export type PackedChange =
  | ['r', doc: string, field: string, version: string, tie: string, json: string]
  | ['m' | 's', doc: string, field: string, number: string]
  | ['d', doc: string];

/**
 * The changes of a packed batch; undefined for any other text.
 * @param fieldOf A field's name, of the form in which the server holds it.
 */
export function unpackChanges(packed: string, fieldOf = (held: string): string => held): StoreChange[] | undefined {
  try {
    return (JSON.parse(packed) as PackedChange[]).map((change) => unpack(change, fieldOf));
  } catch {
    return undefined;
  }
}

function unpack(packed: PackedChange, fieldOf: (held: string) => string): StoreChange {
  const doc = packed[1];
  switch (packed[0]) {
    case 'r': {
      const [, , field, version, tie, json] = packed;
      const register = { version: Number(version), tie, value: JSON.parse(json) as Json };
      return { kind: 'set', doc, field: fieldOf(field), register };
    }
    case 'm':
      return { kind: 'max', doc, field: fieldOf(packed[2]), value: Number(packed[3]) };
    case 's':
      return { kind: 'add', doc, field: fieldOf(packed[2]), by: Number(packed[3]) };
    case 'd':
      return { kind: 'drop', doc };
    default:
      throw new TypeError('no change');
  }
}
