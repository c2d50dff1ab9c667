import fc from 'fast-check';
import { plain, result } from '../contract/contract-support';
import type { StoreChange, StoredDocument } from '../port/key-store';
import { asciiText, packChanges, readRow, unpackChanges, type FieldRow } from './packing';

const doc = fc.constantFrom('a', 'keys/openai/1', '__proto__');
const field = fc
  .oneof(fc.constantFrom('a', '__proto__', '\u0000', '"\\/\'', '🔑'), fc.string({ unit: 'grapheme' }))
  .filter(Boolean);
const set = fc
  .tuple(doc, field, fc.integer({ min: 0, max: 3 }), fc.constantFrom('p', 'q'))
  // A writer never gives one version two values.
  .map(([name, at, version, tie]): StoreChange => ({
    kind: 'set',
    doc: name,
    field: at,
    register: { version, tie, value: { '\ud800ü': [version, tie] } },
  }));
const max = fc.record({ kind: fc.constant('max' as const), doc, field, value: fc.integer() });
const add = fc.record({ kind: fc.constant('add' as const), doc, field, by: fc.integer({ min: -99, max: 99 }) });
const drop = fc.record({ kind: fc.constant('drop' as const), doc });

describe('packed changes', () => {
  it('come to the same as the batch, whatever was there', () => {
    const changes = fc.array(fc.oneof(set, max, add, drop), { maxLength: 30 });
    fc.assert(
      fc.property(changes, changes, (before, batch) => {
        const there = [...result(before).values()];
        const packed = packChanges(batch);
        expect(plain(result(unpackChanges(packed)!, there).values())).toEqual(plain(result(batch, there).values()));
      }),
    );
  });

  it('are ASCII, drop first, and change no field twice', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(set, max, add, drop), { maxLength: 30 }), (batch) => {
        const packed = packChanges(batch);
        expect(packed).toMatch(/^[ -~]*$/);
        const rows = JSON.parse(packed) as string[][];
        const names = rows.map(([kind, name, at]) => `${kind} ${name} ${kind === 'd' ? '' : at}`);
        expect(new Set(names).size).toBe(names.length);
        expect(rows.findLastIndex(([kind]) => kind === 'd')).toBe(rows.filter(([kind]) => kind === 'd').length - 1);
      }),
    );
  });

  it('are no sum beyond all numbers', () => {
    const by = Number.MAX_VALUE;
    const twice: StoreChange[] = [1, 2].map(() => ({ kind: 'add', doc: 'd', field: 's', by }));
    expect(() => packChanges(twice)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it.each(['', '{', '[1]', '[["r","d","f","1","a","{"]]', '[["m","d","\\"","1"]]'])('are not %j', (text) => {
    expect(unpackChanges(text)).toBeUndefined();
  });
});

describe('rows of fields', () => {
  it('are read, and left out where they make no sense', () => {
    const documents = new Map<string, StoredDocument>();
    const rows: FieldRow[] = [
      ['7', 'd', 'r', asciiText('ü"'), null, '3', 'a', '{"a":1}'],
      ['7', 'd', 'r', 'half', null, '3', 'a', '{"half'],
      ['7', 'd', 'r', 'none', null, null, null, null],
      ['7', 'd', 'r', '\\u00', null, '3', 'a', '1'],
      ['7', 'd', 'm', 'x', '7.5', null, null, null],
      ['7', 'd', 's', 'x', '-1', null, null, null],
      ['7', 'd', 's', 'y', 'NaN', null, null, null],
      ['7', 'd', 'm', 'y', 'Infinity', null, null, null],
      ['7', 'd', 's', 'z', null, null, null, null],
    ];
    for (const row of rows) readRow(documents, row);
    expect(documents.get('d')).toEqual({
      doc: 'd',
      registers: { 'ü"': { version: 3, tie: 'a', value: { a: 1 } } },
      maxima: { x: 7.5 },
      sums: { x: -1 },
    });
  });
});
