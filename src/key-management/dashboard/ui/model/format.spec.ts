import { ago, counted, duration, percent, shortNumber, span } from './format';

describe('percent', () => {
  it.each([
    [100, '100 %'],
    [99.96, '99.9 %'],
    [99.2, '99.2 %'],
    [95, '95.0 %'],
    [0, '0 %'],
    [null, '–'],
  ])('shows %p as %s', (value, text) => expect(percent(value)).toBe(text));
});

describe('duration', () => {
  it.each([
    [null, '–'],
    [0, '0 ms'],
    [0.451, '451 ms'],
    [1.234, '1.23 s'],
    [12.34, '12.3 s'],
    [190, '3:10'],
  ])('shows %p seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe('span', () => {
  it.each([
    [-5_000, '0:00'],
    [1, '0:01'],
    [42_000, '0:42'],
    [723_000, '12:03'],
    [12_000_000, '3 h 20 min'],
    [187_200_000, '2 d 4 h'],
  ])('shows %p ms as %s', (ms, text) => expect(span(ms)).toBe(text));
});

describe('ago', () => {
  const now = Date.parse('2026-11-01T12:00:00Z');
  it.each([
    [null, '–'],
    ['2026-11-01T12:00:03Z', 'just now'],
    ['2026-11-01T11:59:18Z', '42 s ago'],
    ['2026-11-01T11:55:00Z', '5 min ago'],
    ['2026-11-01T09:00:00Z', '3 h ago'],
  ])('shows %p as %s', (at, text) => expect(ago(at, now)).toBe(text));
});

it('keeps numbers short and nouns right', () => {
  expect([9_999, 12_345, 3_400_000].map(shortNumber)).toEqual(['9,999', '12.3K', '3.4M']);
  expect([counted(1, 'key'), counted(1_200, 'key')]).toEqual(['1 key', '1,200 keys']);
});
