import { hourOfDay } from './hour-of-day';

const HOUR = 60 * 60_000;

describe('hourOfDay', () => {
  it.each([
    ['UTC', Date.UTC(2026, 10, 1, 0, 59), 0],
    ['Europe/Berlin', Date.UTC(2026, 10, 1, 23, 1), 0],
    ['Asia/Kolkata', Date.UTC(2026, 10, 1, 0, 45), 5],
    ['America/Los_Angeles', Date.UTC(2026, 10, 2, 7, 30), 23],
  ])('is what clocks show in %s', (zone, at, hour) => {
    expect(hourOfDay(zone, at)).toBe(hour);
    // As remembered.
    expect(hourOfDay(zone, at)).toBe(hour);
  });

  it('follows clocks that are set', () => {
    const put = (from: number) => [0, 1, 2].map((n) => hourOfDay('Europe/Berlin', from + n * HOUR));
    expect(put(Date.UTC(2026, 9, 25, 0))).toEqual([2, 2, 3]);
    expect(put(Date.UTC(2027, 2, 28, 0))).toEqual([1, 3, 4]);
  });

  it('is right for more hours than are remembered', () => {
    for (let hour = 0; hour < 3_000; hour += 1) expect(hourOfDay('UTC', hour * HOUR)).toBe(hour % 24);
  });

  it('refuses a zone that is none', () => {
    expect(() => hourOfDay('Mars/Olympus', 0)).toThrow(RangeError);
  });
});
