import { durationAt, parseDurationMs } from './duration';

const M = 60_000;
const H = 60 * M;
const D = 24 * H;

describe('parseDurationMs', () => {
  it.each([
    [1, ['1ms', '1msec', '1msecs', '1millisecond', '1milliseconds', '1000us', '1000µs', '1000μs', '1000000ns']],
    [1_000, ['1s', '1sec', '1secs', '1second', '1seconds']],
    [M, ['1m', '1min', '1mins', '1minute', '1minutes']],
    [H, ['1h', '1hr', '1hrs', '1hour', '1hours']],
    [D, ['1d', '1day', '1days']],
  ])('knows every name of %d ms', (ms, texts) => {
    expect(texts.map(parseDurationMs)).toEqual(texts.map(() => ms));
  });

  it.each([
    ['2 H', 2 * H],
    ['2 Minutes', 2 * M],
    [' 7s ', 7_000],
    ['1h, 5m', H + 5 * M],
    ['1h,5m', H + 5 * M],
    ['1h and 5m', H + 5 * M],
    ['1h 5m', H + 5 * M],
    ['0.5s', 500],
    ['10.25s', 10_250],
    ['9.99s', 9_990],
    ['366d', 366 * D],
    ['000000000000000000000007s', 7_000],
  ])('reads %j', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it('rounds up, for a stated wait is a lower bound, and not for what floating point added', () => {
    expect(['1.2ms', '5ns', '1.1s', '4.35s'].map(parseDurationMs)).toEqual([2, 1, 1_100, 4_350]);
  });

  it.each([
    ['a unit that is none', '5x'],
    ['a unit with more letters', '5secondss'],
    ['a unit behind two spaces', '5  s'],
    ['a number of 25 digits', '0000000000000000000000007s'],
    ['a point without digits', '5.s'],
    ['a point before a sign', '5./s'],
    ['signs beside the digits', '/5s'],
    ['a colon', ':s'],
    ['more than 366 days', '366d1ms'],
    ['words before it', 'in 5s'],
    ['words behind it', '5s ago'],
    ['a joint with nothing behind it', '5s and '],
    ['a comma with nothing behind it', '5s,'],
    ['a unit alone', 's'],
    ['a number alone', '60'],
    ['a second part without a unit', '5s 7'],
  ])('reads no duration in %s', (_, text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});

describe('durationAt', () => {
  it('reads from the index on, and passes over what follows', () => {
    expect(durationAt('wait 2m5s, please', 5)).toBe(2 * M + 5_000);
    expect(durationAt('wait 2m 5 apples', 5)).toBe(2 * M);
    expect(durationAt('wait 2m, and then', 5)).toBe(2 * M);
    expect(durationAt('5s', 0)).toBe(5_000);
  });

  it('reads none where the text at the index is none', () => {
    expect(durationAt('wait 5s', 0)).toBeUndefined();
    expect(durationAt('wait 5s', 7)).toBeUndefined();
  });

  it('takes letters for the unit, and no other sign', () => {
    expect(['5s{', '5s_', '5s@', '5s['].map((text) => durationAt(text, 0))).toEqual([5_000, 5_000, 5_000, 5_000]);
    expect(['5sz', '5sa', '5sA', '5sZ'].map((text) => durationAt(text, 0))).toEqual(Array(4).fill(undefined));
    expect(durationAt('5millisecondsx', 0)).toBeUndefined();
  });

  it('reads at most 24 digits before and after the point', () => {
    expect(durationAt(`0.${'1'.repeat(24)}s`, 0)).toBe(112);
    expect(durationAt(`0.${'1'.repeat(25)}s`, 0)).toBeUndefined();
  });
});
