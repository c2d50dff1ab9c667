import { splitIntoParts } from './reconciler';
import { emptyDocument } from '../port/merge';

describe('a large document', () => {
  it('comes in parts that hold each field once, all that is no count in the first', () => {
    const document = emptyDocument('d');
    document.registers.state = { value: 1, version: 1, tie: 'a' };
    document.maxima.usedAt = 5;
    for (let n = 0; n < 1_000; n += 1) document.maxima[`+w~f${n}`] = n;
    const parts = [...splitIntoParts([document])];
    expect(Math.max(...parts.map(({ maxima }) => Object.keys(maxima).length))).toBeLessThanOrEqual(50);
    const fields = parts.flatMap(({ maxima }) => Object.keys(maxima));
    expect(fields).toHaveLength(1_001);
    expect(Object.assign({}, ...parts.map(({ maxima }) => maxima))).toEqual({ ...document.maxima });
    expect(parts.flatMap(({ registers }) => Object.keys(registers))).toEqual(['state']);
    expect(Object.keys(parts[0]!.maxima)).toEqual(['usedAt']);
  });

  it('is no other than before when it is small', () => {
    const document = emptyDocument('d');
    document.maxima['+w~calls'] = 1;
    expect([...splitIntoParts([document])][0]).toBe(document);
  });
});
