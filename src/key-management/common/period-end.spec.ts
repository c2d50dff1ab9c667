import { isTimeZone, periodEnd, type Period } from './period-end';

const LOS_ANGELES = 'America/Los_Angeles';

describe('periodEnd', () => {
  it.each<[Period, string, string, string]>([
    ['day', 'UTC', '2026-11-27T21:00:00Z', '2026-11-28T00:00:00Z'],
    ['day', 'UTC, at midnight itself', '2026-11-27T00:00:00Z', '2026-11-28T00:00:00Z'],
    ['day', 'UTC, a millisecond before', '2026-11-27T23:59:59.999Z', '2026-11-28T00:00:00Z'],
    ['day', LOS_ANGELES, '2026-07-20T10:00:00-07:00', '2026-07-21T00:00:00-07:00'],
    ['day', `${LOS_ANGELES}, clocks put forward`, '2026-03-08T01:00:00-08:00', '2026-03-09T00:00:00-07:00'],
    ['day', `${LOS_ANGELES}, clocks put back`, '2026-11-01T00:30:00-07:00', '2026-11-02T00:00:00-08:00'],
    ['day', 'Asia/Kolkata', '2026-11-27T23:59:00+05:30', '2026-11-28T00:00:00+05:30'],
    ['day', 'Pacific/Kiritimati', '2026-11-27T12:00:00+14:00', '2026-11-28T00:00:00+14:00'],
    // The day begins at 01:00, since its midnight is left out.
    ['day', 'Asia/Beirut', '2026-03-28T12:00:00+02:00', '2026-03-29T01:00:00+03:00'],
    ['month', 'UTC', '2026-11-27T21:00:00Z', '2026-12-01T00:00:00Z'],
    ['month', 'UTC, of 31 days, its first moment', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['month', 'UTC, of 28 days', '2027-02-01T00:00:00Z', '2027-03-01T00:00:00Z'],
    ['month', 'UTC, of 29 days', '2028-02-03T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['month', 'UTC, a millisecond before', '2026-04-30T23:59:59.999Z', '2026-05-01T00:00:00Z'],
    ['month', `${LOS_ANGELES}, clocks put forward`, '2026-03-01T00:00:00-08:00', '2026-04-01T00:00:00-07:00'],
    ['month', 'Europe/Berlin, clocks put back', '2026-10-01T00:00:00+02:00', '2026-11-01T00:00:00+01:00'],
    ['month', 'Asia/Kathmandu', '2026-06-10T12:00:00+05:45', '2026-07-01T00:00:00+05:45'],
    ['hour', 'UTC', '2026-11-27T21:00:00Z', '2026-11-27T22:00:00Z'],
    ['hour', 'Asia/Kolkata', '2026-11-27T10:10:00+05:30', '2026-11-27T11:00:00+05:30'],
    ['hour', 'Asia/Kathmandu, a millisecond before', '2026-11-27T10:59:59.999+05:45', '2026-11-27T11:00:00+05:45'],
    ['hour', `${LOS_ANGELES}, before clocks are put forward`, '2026-03-08T01:10:00-08:00', '2026-03-08T03:00:00-07:00'],
    ['hour', `${LOS_ANGELES}, the first of two`, '2026-11-01T01:10:00-07:00', '2026-11-01T01:00:00-08:00'],
    ['hour', `${LOS_ANGELES}, the second of two`, '2026-11-01T01:10:00-08:00', '2026-11-01T02:00:00-08:00'],
    // Clocks are put back by half an hour.
    ['hour', 'Australia/Lord_Howe, before', '2026-04-05T01:40:00+11:00', '2026-04-05T01:30:00+10:30'],
    ['hour', 'Australia/Lord_Howe, after', '2026-04-05T01:30:00+10:30', '2026-04-05T02:00:00+10:30'],
    ['minute', 'UTC', '2026-11-27T21:00:30.5Z', '2026-11-27T21:01:00Z'],
    ['minute', 'Asia/Kolkata, at its beginning', '2026-11-27T21:00:00+05:30', '2026-11-27T21:01:00+05:30'],
    ['minute', 'UTC, the last of a year', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00Z'],
  ])('of a %s in %s', (per, zone, now, end) => {
    expect(new Date(periodEnd(per, zone.split(',')[0]!, Date.parse(now)))).toEqual(new Date(end));
  });

  it('refuses what is no time zone', () => {
    expect([isTimeZone(LOS_ANGELES), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
    expect(() => periodEnd('day', 'Mars/Olympus', 0)).toThrow(RangeError);
  });
});
