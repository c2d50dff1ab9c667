import { KeySeries } from './key-series';
import { MINUTE_MS } from './measures';

const MINUTE = 29_000_000;
const NOW = MINUTE * MINUTE_MS;
const counts = (requests: number) => ({ requests, failures: 0, rateLimited: 0, responseMs: requests * 10 });

describe('KeySeries', () => {
  it('never holds more rows than it may, and lets the oldest go first', () => {
    const keys = new KeySeries({ minute: 100, hour: 1_000 });
    const numbers = Array.from({ length: 20 }, (_, n) => keys.numbers.of('openai', String(n).padStart(16, '0')));
    const dropped: number[] = [];
    for (let minute = 0; minute < 50; minute += 1) {
      for (const keyNumber of numbers) keys.add(MINUTE + minute, keyNumber, counts(1));
      keys.prune(NOW + minute * MINUTE_MS, (resolution, index) => {
        if (resolution === 'minute') dropped.push(index - MINUTE);
      });
      expect(keys.rows('minute')).toBeLessThanOrEqual(100);
    }
    expect(dropped).toEqual(Array.from({ length: 45 }, (_, n) => n));
    expect(keys.timeline('minute', numbers[0], MINUTE, MINUTE + 49)).toHaveLength(5);
    const hours = keys.timeline('hour', numbers[0], Math.floor(MINUTE / 60), Math.floor(MINUTE / 60) + 1);
    expect(hours.reduce((sum, { requests }) => sum + requests, 0)).toBe(50);
  });

  it('keeps the rows that came first where one minute alone has too many keys', () => {
    const keys = new KeySeries({ minute: 10, hour: 10 });
    for (let n = 0; n < 100; n += 1)
      keys.add(MINUTE, keys.numbers.of('openai', String(n).padStart(16, '0')), counts(1));
    expect(keys.rows('minute')).toBe(10);
  });

  it('gives each row to the store once', () => {
    const keys = new KeySeries();
    const keyNumber = keys.numbers.of('openai', '0'.repeat(16));
    const taken: number[] = [];
    const take = (limit = Infinity) =>
      keys.takeUnsent(limit, MINUTE, (resolution, _index, _slot, { requests }) => {
        if (resolution === 'minute') taken.push(requests);
      });
    keys.add(MINUTE, keyNumber, counts(3));
    keys.add(MINUTE + 1, keyNumber, counts(100));
    take();
    keys.add(MINUTE, keyNumber, counts(4));
    take();
    take();
    expect(taken).toEqual([3, 4]);
  });

  it('adds what others counted, and does not give it to the store', () => {
    const keys = new KeySeries();
    const keyNumber = keys.numbers.of('openai', '0'.repeat(16));
    keys.add(MINUTE, keyNumber, counts(3));
    keys.takeUnsent(Infinity, MINUTE, () => undefined);
    keys.add(MINUTE, keyNumber, counts(2));
    keys.received('minute', MINUTE, keyNumber, { requests: 7, responseMs: 0 });
    expect(keys.timeline('minute', keyNumber, MINUTE, MINUTE)[0]).toMatchObject({ requests: 12, responseMs: 50 });
  });

  it('hands on and forgets the rows of one provider, and of no other', () => {
    const keys = new KeySeries();
    const numberOf = (n: number): number => keys.numbers.of(n % 2 === 0 ? 'openai' : 'customer-7', `key-${n}`);
    for (let n = 0; n < 9; n += 1) for (const minute of [0, 1]) keys.add(MINUTE + minute, numberOf(n), counts(n + 1));
    // Sealed and open buckets.
    keys.prune(NOW + MINUTE_MS, () => undefined);
    const taken: number[] = [];
    keys.takeUnsentOf('customer-7', (resolution, index, _, { requests }) => {
      if (resolution === 'minute' && index === MINUTE) taken.push(requests);
    });
    expect(taken.sort()).toEqual([2, 4, 6, 8]);
    const before = [0, 2, 4, 6, 8].map((n) => keys.timeline('minute', numberOf(n), MINUTE, MINUTE + 1));
    keys.forget('customer-7');
    expect(keys.rows('minute')).toBe(10);
    expect(keys.numbers.find('customer-7', 'key-1')).toBeUndefined();
    expect([0, 2, 4, 6, 8].map((n) => keys.timeline('minute', numberOf(n), MINUTE, MINUTE + 1))).toEqual(before);
    expect(before[4]?.map(({ requests }) => requests)).toEqual([9, 9]);
  });

  it('gives a number to another key once nothing holds it', () => {
    const keys = new KeySeries();
    const keyNumber = keys.numbers.of('openai', 'a'.repeat(16));
    keys.add(MINUTE, keyNumber, counts(1));
    keys.takeUnsent(Infinity, MINUTE, () => undefined);
    keys.prune(NOW + 31 * 24 * 60 * MINUTE_MS, () => undefined);
    expect(keys.numbers.find('openai', 'a'.repeat(16))).toBeUndefined();
    expect(keys.numbers.of('google', 'b'.repeat(16))).toBe(keyNumber);
  });
});
