import type { Json, Register, StoreChange, StoredDocument } from '../port/key-store';
import { emptyDocument } from '../port/merge';

/** A change as the script reads it. Numbers and values are texts, since Lua's JSON would change them. */
type Packed =
  | ['r', doc: string, field: string, version: string, tie: string, json: string]
  | ['m' | 's', doc: string, field: string, number: string]
  | ['d', doc: string];

/** All changes as one argument: one command of a thousand changes costs a tenth of a thousand commands. */
export function packChanges(changes: readonly StoreChange[]): string {
  return JSON.stringify(changes.map(pack));
}

/** @throws SyntaxError if it is none that `packChanges` made */
export function unpackChanges(packed: string): StoreChange[] {
  return (JSON.parse(packed) as Packed[]).map(unpack);
}

function pack(change: StoreChange): Packed {
  const { doc } = change;
  switch (change.kind) {
    case 'set': {
      const { version, tie, value } = change.register;
      return ['r', doc, change.field, String(version), tie, JSON.stringify(value)];
    }
    case 'max':
      return ['m', doc, change.field, String(change.value)];
    case 'add':
      return ['s', doc, change.field, String(change.by)];
    case 'drop':
      return ['d', doc];
  }
}

function unpack(packed: Packed): StoreChange {
  const doc = packed[1];
  switch (packed[0]) {
    case 'r': {
      const [, , field, version, tie, json] = packed;
      return { kind: 'set', doc, field, register: { version: Number(version), tie, value: JSON.parse(json) as Json } };
    }
    case 'm':
      return { kind: 'max', doc, field: packed[2], value: Number(packed[3]) };
    case 's':
      return { kind: 'add', doc, field: packed[2], by: Number(packed[3]) };
    case 'd':
      return { kind: 'drop', doc };
  }
}

/** A document from the fields and values of its hash, in turn. What cannot be read is left out. */
export function readDocument(doc: string, hash: readonly string[]): StoredDocument {
  const document = emptyDocument(doc);
  for (let i = 0; i + 1 < hash.length; i += 2) {
    const name = hash[i]!;
    const field = name.slice(1);
    const text = hash[i + 1]!;
    if (name[0] === 'r') {
      const register = readRegister(text);
      if (register) document.registers[field] = register;
    } else {
      const number = Number(text);
      if (Number.isFinite(number)) (name[0] === 'm' ? document.maxima : document.sums)[field] = number;
    }
  }
  return document;
}

function readRegister(text: string): Register | undefined {
  const afterVersion = text.indexOf('|');
  const afterTie = text.indexOf('|', afterVersion + 1);
  const version = Number(text.slice(0, afterVersion));
  if (afterTie < 0 || !Number.isSafeInteger(version)) return undefined;
  try {
    return {
      version,
      tie: text.slice(afterVersion + 1, afterTie),
      value: JSON.parse(text.slice(afterTie + 1)) as Json,
    };
  } catch {
    return undefined;
  }
}
