import { statedDateIn } from './stated-date';

const dateIn = (message: string): string | undefined => statedDateIn(message)?.toISOString().replace('.000Z', 'Z');

describe('statedDateIn', () => {
  it.each([
    'You will regain access on',
    'Access will be restored on',
    'Access will resume on',
    'Access will return on',
    'Your quota reset',
    'Your quota resets',
    'It is available',
    'It is available again',
    'Try again',
    'Retry',
    'It resume',
    'It resumes',
    'Blocked until',
    'Wait until',
    'To be restored',
    'Resets on',
    'Resets at',
    'Resets after',
    'Resets from',
    'Resets until',
    'Available again from on',
    'Resets:',
    'Resets on:',
  ])('reads the date behind %j', (words) => {
    expect(dateIn(`${words} 2026-11-01.`)).toBe('2026-11-01T00:00:00Z');
  });

  it.each(['The version of', 'Since', 'Presets on'])('reads no date behind %j', (words) => {
    expect(dateIn(`${words} 2026-11-01.`)).toBeUndefined();
  });

  it('goes on to the next announcement where the first announces no date', () => {
    expect(dateIn('Retry 5 times, or try again after 2026-11-01')).toBe('2026-11-01T00:00:00Z');
  });

  it.each(['January', 'Feb', 'MARCH', 'Apr.', 'May', 'june', 'Jul', 'August', 'Sept.', 'Oct', 'Nov', 'December'])(
    'knows the month %s, behind the day and before it',
    (name) => {
      const month =
        1 + 'JanFebMarAprMayJunJulAugSepOctNovDec'.toLowerCase().indexOf(name.slice(0, 3).toLowerCase()) / 3;
      const date = `2026-${String(month).padStart(2, '0')}-09T00:00:00Z`;
      expect(dateIn(`Resets on ${name} 9, 2026`)).toBe(date);
      expect(dateIn(`Resets on 9 ${name} 2026`)).toBe(date);
    },
  );

  it.each([
    ['2026-11-21', '2026-11-21T00:00:00Z'],
    ['November 21 2026', '2026-11-21T00:00:00Z'],
    ['November 1st, 2026', '2026-11-01T00:00:00Z'],
    ['November 2nd, 2026', '2026-11-02T00:00:00Z'],
    ['November 3rd, 2026', '2026-11-03T00:00:00Z'],
    ['November 14th 2026', '2026-11-14T00:00:00Z'],
    ['14 November 2026', '2026-11-14T00:00:00Z'],
    ['14th November, 2026', '2026-11-14T00:00:00Z'],
    ['1st Nov. 2026', '2026-11-01T00:00:00Z'],
    ['Sunday, 1 November 2026', '2026-11-01T00:00:00Z'],
    ['Sun, 01 Nov 2026', '2026-11-01T00:00:00Z'],
  ])('reads the date %s', (text, date) => {
    expect(dateIn(`Resets on ${text}`)).toBe(date);
  });

  it.each([
    ['', '00:00:00'],
    [' at 06:30', '06:30:00'],
    [', at 06:30', '06:30:00'],
    [', 06:30', '06:30:00'],
    [' 06:30', '06:30:00'],
    ['T06:30:15', '06:30:15'],
    ['T06:30:15.250', '06:30:15'],
    ['T06:30:15.123456789Z', '06:30:15'],
    [' 6:30', '06:30:00'],
    [' 6:05 am', '06:05:00'],
    [' 6:05pm', '18:05:00'],
    [' 6:05 PM', '18:05:00'],
    [' 12:00 AM', '00:00:00'],
    [' 12:00 PM', '12:00:00'],
    [' 23:59:59', '23:59:59'],
    [' 06:30 UTC', '06:30:00'],
    [' 06:30 GMT', '06:30:00'],
    [' 06:30Z', '06:30:00'],
    [' 06:30 +02:00', '04:30:00'],
    [' 06:30+0200', '04:30:00'],
    [' 06:30 +05:30', '01:00:00'],
    [' 06:30-08:00', '14:30:00'],
    [' 06:30 -0315', '09:45:00'],
    [' UTC', '00:00:00'],
    ['; call 06:30', '00:00:00'],
  ])('reads the time %j behind a date', (text, time) => {
    expect(dateIn(`Resets on 2026-11-01${text}`)).toBe(`2026-11-01T${time}Z`);
    expect(dateIn(`Resets on November 1, 2026${text}`)).toBe(`2026-11-01T${time}Z`);
    expect(dateIn(`Resets on 1 November 2026${text}`)).toBe(`2026-11-01T${time}Z`);
  });

  it('reads 24:00 as the end of the day', () => {
    expect(dateIn('Resets on 2026-11-01 24:00')).toBe('2026-11-02T00:00:00Z');
  });

  it.each([
    '2026-00-01',
    '2026-13-01',
    '2026-11-00',
    '2026-11-32',
    '2026-11-01 25:00',
    '2026-11-01 06:60',
    'Nov 0, 2026',
    'Nov 32, 2026',
    'November 2026',
    '1st 2026',
    'Nonember 1, 2026',
    'x 2026-11-01',
    '26-11-01',
  ])('reads no date in %j', (text) => {
    expect(dateIn(`Resets on ${text}`)).toBeUndefined();
  });

  it('reads the first and the last day of a month and of a year', () => {
    expect(dateIn('Resets on 2026-01-01')).toBe('2026-01-01T00:00:00Z');
    expect(dateIn('Resets on 2026-12-31 23:59')).toBe('2026-12-31T23:59:00Z');
  });
});
