import { remembered } from './remembered';

describe('a remembered function', () => {
  it('is asked once for each text, also where it gives nothing', () => {
    const asked: string[] = [];
    const length = remembered((text) => {
      asked.push(text);
      return text === '' ? undefined : text.length;
    }, 3);
    expect(['a', '', 'a', 'bb', '', 'bb'].map(length)).toEqual([1, undefined, 1, 2, undefined, 2]);
    expect(asked).toEqual(['a', '', 'bb']);
  });

  it('keeps no more results than it may', () => {
    let asked = 0;
    const same = remembered((text) => {
      asked += 1;
      return text;
    }, 2);
    for (const text of ['a', 'b', 'a', 'b', 'c', 'c', 'a']) expect(same(text)).toBe(text);
    expect(asked).toBe(4);
  });

  it('remembers nothing where it throws', () => {
    let asked = 0;
    const thrower = remembered(() => {
      asked += 1;
      throw new RangeError('no');
    }, 2);
    for (let n = 0; n < 2; n += 1) expect(() => thrower('a')).toThrow('no');
    expect(asked).toBe(2);
  });
});
