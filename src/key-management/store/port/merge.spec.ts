import fc from 'fast-check';
import { applyChange, copyDocument, emptyDocument, mergeChange, replaces } from './merge';
import type { StoreChange, StoredDocument } from './key-store';

const field = fc.constantFrom('a', 'b', '__proto__', 'constructor', '#$[]/."\'');
// A writer never gives one version two values, so the value follows from version and tie.
const register = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom('p', 'q', 'Q', 'p:1'))
  .map(([version, tie]) => ({ version, tie, value: { by: `${version}${tie}` } }));

const set = fc.record({ kind: fc.constant('set' as const), doc: fc.constant('d'), field, register });
const max = fc.record({ kind: fc.constant('max' as const), doc: fc.constant('d'), field, value: fc.integer() });
const add = fc.record({
  kind: fc.constant('add' as const),
  doc: fc.constant('d'),
  field,
  by: fc.integer({ min: -1000, max: 1000 }),
});

function merged(changes: readonly StoreChange[], start?: StoredDocument): StoredDocument | undefined {
  return changes.reduce<StoredDocument | undefined>(mergeChange, start);
}

describe('merging', () => {
  it('comes to the same result in any order', () => {
    const shuffled = fc
      .array(fc.oneof(set, max, add), { minLength: 1, maxLength: 30 })
      .chain((changes) => fc.tuple(fc.constant(changes), fc.shuffledSubarray(changes, { minLength: changes.length })));
    fc.assert(fc.property(shuffled, ([changes, other]) => expect(merged(other)).toEqual(merged(changes))));
  });

  it('takes set and max any number of times', () => {
    const changes = fc.array(fc.oneof(set, max), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(changes, changes, (some, more) =>
        expect(merged([...some, ...more, ...some, ...more])).toEqual(merged([...some, ...more])),
      ),
    );
  });

  it('orders registers totally', () => {
    fc.assert(
      fc.property(register, register, (one, other) => {
        const same = one.version === other.version && one.tie === other.tie;
        expect([replaces(one, other), replaces(other, one)].filter(Boolean)).toHaveLength(same ? 0 : 1);
      }),
    );
  });

  it('never shrinks a maximum and never loses an addition', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (numbers) => {
        const document = merged(
          numbers.flatMap((n) => [
            { kind: 'max', doc: 'd', field: 'x', value: n } as const,
            { kind: 'add', doc: 'd', field: 'x', by: n } as const,
          ]),
        );
        expect(document?.maxima['x']).toBe(Math.max(...numbers));
        expect(document?.sums['x']).toBe(numbers.reduce((sum, n) => sum + n));
      }),
    );
  });

  it('drops a document, and starts it anew with what comes after', () => {
    const after = merged([
      { kind: 'set', doc: 'd', field: 'f', register: { value: 1, version: 9, tie: 'a' } },
      { kind: 'add', doc: 'd', field: 'n', by: 3 },
      { kind: 'drop', doc: 'd' },
      { kind: 'set', doc: 'd', field: 'f', register: { value: 2, version: 1, tie: 'a' } },
    ]);
    expect(after).toEqual({ ...emptyDocument('d'), registers: { f: { value: 2, version: 1, tie: 'a' } } });
    expect(merged([{ kind: 'drop', doc: 'd' }], after)).toBeUndefined();
  });

  it('leaves the document it was given as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(set, max, add), { minLength: 1 }), fc.oneof(set, max, add), (changes, change) => {
        const before = merged(changes)!;
        const copy = copyDocument(before);
        mergeChange(before, change);
        expect(before).toEqual(copy);
      }),
    );
  });

  it('applies to the document it names and no other', () => {
    const documents = new Map<string, StoredDocument>();
    applyChange(documents, { kind: 'add', doc: 'a', field: 'n', by: 1 });
    applyChange(documents, { kind: 'add', doc: 'b', field: 'n', by: 2 });
    applyChange(documents, { kind: 'drop', doc: 'a' });
    expect([...documents.keys()]).toEqual(['b']);
  });
});
