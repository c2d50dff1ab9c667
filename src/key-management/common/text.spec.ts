import fc from 'fast-check';
import { boundedName, cutText, singleLine } from './text';
import { modelName } from '../pool/key/key-input';
import { checkChanges } from '../store/port/check-changes';
import { cooldownField } from '../store/keys/key-documents';

const any = fc.string({ unit: 'binary', maxLength: 600 }).chain((text) =>
  // Halves of characters, too, as a cut elsewhere leaves them.
  fc.constantFrom(text, `${text}\ud83d`, `\ude00${text}`, text.repeat(3)),
);

describe('names made up by others', () => {
  it('C3: are well-formed and bounded in bytes, whatever they were, and any store can hold them', () => {
    fc.assert(
      fc.property(any, (given) => {
        const name = modelName(given);
        expect(name.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(160);
        expect(modelName(name)).toBe(name);
        checkChanges([{ kind: 'max', doc: 'keys/openai/1', field: cooldownField({ model: name }), value: 1 }]);
      }),
    );
  });

  it('C3: stay two when they begin alike, and stay what they are when they are short', () => {
    const long = 'm'.repeat(500);
    expect(modelName(`${long}a`)).not.toBe(modelName(`${long}b`));
    for (const name of ['gpt-5', 'ft:gpt-4o-mini:my-org:Größe:9', '世'.repeat(53), ''])
      expect(modelName(name)).toBe(name);
    expect(boundedName(`nope${'x'.repeat(251)}😀`, 256)).toMatch(/^nopex+~[0-9a-f]{8}$/);
  });

  it('C3: are never cut within a character', () => {
    expect(cutText('ab😀', 3)).toBe('ab');
    expect(cutText('ab😀', 4)).toBe('ab😀');
    expect(singleLine('ab😀cd', 4)).toBe('ab…');
  });
});
