import { chunks, chunkSize, masked, parseKeys } from './parse-keys';

describe('parseKeys', () => {
  it.each([
    ['', []],
    ['  \n,, ;\n', []],
    ['sk-a\nsk-b\r\nsk-c', ['sk-a', 'sk-b', 'sk-c']],
    ['sk-a, sk-b;sk-c', ['sk-a', 'sk-b', 'sk-c']],
    ['"sk-a"\n\'sk-b\'', ['sk-a', 'sk-b']],
    ['export OPENAI_API_KEYS="sk-a,sk-b"', ['sk-a', 'sk-b']],
    ['sk-a==', ['sk-a==']],
  ])('reads %j', (text, keys) => expect(parseKeys(text).keys).toEqual(keys));

  it('takes a key once and says how often it was repeated', () => {
    expect(parseKeys('sk-a\nsk-b\nsk-a\nsk-a')).toEqual({ keys: ['sk-a', 'sk-b'], duplicates: 2 });
  });
});

it('masks as the server does', () => {
  expect(masked('sk-1234567890abcdef')).toBe('sk-1234...cdef');
  expect(masked('sk-1234567890abcde')).toBe('***');
});

it('cuts into portions small enough to see progress', () => {
  expect([1, 8, 100, 5_000].map(chunkSize)).toEqual([1, 1, 5, 50]);
  expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
});
