import { inParts } from './large-documents';
import { emptyDocument } from './merge';
import { totalsOf } from './missing-changes';

describe('a large document', () => {
  it('comes in parts that hold each field once, what was given back beside what it belongs to', () => {
    const document = emptyDocument('d');
    document.registers.state = { value: 1, version: 1, tie: 'a' };
    document.maxima.usedAt = 5;
    for (let n = 0; n < 500; n += 1) document.sums[`f${n}~restored`] = 1;
    for (let n = 100; n < 1_000; n += 1) document.sums[`f${n}`] = n;
    const parts = [...inParts([document])];
    expect(Math.max(...parts.map(({ sums }) => Object.keys(sums).length))).toBeLessThanOrEqual(100);
    const sums = parts.map((part) => totalsOf(part.sums));
    const fields = sums.flatMap((part) => Object.keys(part));
    expect(fields).toHaveLength(1_000);
    expect(Object.assign({}, ...sums)).toEqual(totalsOf(document.sums));
    expect(parts.flatMap(({ registers, maxima }) => [...Object.keys(registers), ...Object.keys(maxima)])).toEqual([
      'state',
      'usedAt',
    ]);
  });

  it('is no other than before when it is small', () => {
    const document = emptyDocument('d');
    document.sums.calls = 1;
    expect([...inParts([document])][0]).toBe(document);
  });
});
