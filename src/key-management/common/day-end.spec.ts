import { dayEnd, isTimeZone } from './day-end';

describe('dayEnd', () => {
  it.each([
    ['UTC', '2026-11-27T21:00:00Z', '2026-11-28T00:00:00Z'],
    ['UTC, at midnight itself', '2026-11-27T00:00:00Z', '2026-11-28T00:00:00Z'],
    ['UTC, a millisecond before', '2026-11-27T23:59:59.999Z', '2026-11-28T00:00:00Z'],
    ['America/Los_Angeles', '2026-07-20T10:00:00-07:00', '2026-07-21T00:00:00-07:00'],
    ['America/Los_Angeles, clocks put forward', '2026-03-08T01:00:00-08:00', '2026-03-09T00:00:00-07:00'],
    ['America/Los_Angeles, clocks put back', '2026-11-01T00:30:00-07:00', '2026-11-02T00:00:00-08:00'],
    ['Asia/Kolkata', '2026-11-27T23:59:00+05:30', '2026-11-28T00:00:00+05:30'],
    ['Pacific/Kiritimati', '2026-11-27T12:00:00+14:00', '2026-11-28T00:00:00+14:00'],
    // The day begins at 01:00, since its midnight is left out.
    ['Asia/Beirut', '2026-03-28T12:00:00+02:00', '2026-03-29T01:00:00+03:00'],
  ])('%s', (zone, now, end) => {
    expect(new Date(dayEnd(zone.split(',')[0]!, Date.parse(now)))).toEqual(new Date(end));
  });

  it('refuses what is no time zone', () => {
    expect([isTimeZone('America/Los_Angeles'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
    expect(() => dayEnd('Mars/Olympus', 0)).toThrow(RangeError);
  });
});
