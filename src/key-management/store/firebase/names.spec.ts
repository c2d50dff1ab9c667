import fc from 'fast-check';
import { decodeDocument, decodeKey, encodeDocument, encodeJson, encodeKey } from './layout';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('%', 'u', '4', 'A', '/', '.', '|', '-', '0', '\ud83d', '\udd11', '\u0000') }),
  fc.constantFrom('', '%', '__proto__', 'hasOwnProperty', '0', '-1', '007', '.sv', '%u0041', '%2E'),
);

describe('names in the Firebase tree', () => {
  it('encodes any text reversibly into a key that the database and the SDK take', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const key = encodeKey(name);
        expect(decodeKey(key)).toBe(name);
        // eslint-disable-next-line no-control-regex -- what the database forbids
        expect(key).not.toMatch(/^$|[.#$[\]/\u0000-\u001f\u007f\ud800-\udfff]/);
        expect(key).not.toMatch(/^-?\d+$/);
        expect(key in {}).toBe(false);
      }),
    );
  });

  it('keeps a prefix of documents a prefix of keys', () => {
    const segment = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', '0', '_', '.', ':', '-') });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1 }), fc.nat(), (segments, cut) => {
        const doc = segments.join('/');
        const prefix = doc.slice(0, cut % (doc.length + 1));
        expect(decodeDocument(encodeDocument(doc))).toBe(doc);
        expect(encodeDocument(doc).startsWith(encodeDocument(prefix))).toBe(true);
      }),
    );
  });

  it('writes JSON that says the same without surrogates', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(JSON.parse(encodeJson({ [text]: text }))).toEqual(JSON.parse(JSON.stringify({ [text]: text })));
        expect(encodeJson(text)).not.toMatch(/[\ud800-\udfff]/);
      }),
    );
  });
});
