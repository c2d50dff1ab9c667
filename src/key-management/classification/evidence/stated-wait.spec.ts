import { durationAt, parseDurationMs } from '../../common/duration';
import { statedDateIn } from './stated-date';
import { retryAfterMs, statedWaitIn } from './stated-wait';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const wait = (headers: Record<string, string>, more: { message?: string; retryDelays?: string[]; now?: number } = {}) =>
  statedWaitIn({ headers, now: NOW, ...more });

describe('durations', () => {
  it.each([
    ['6m0s', 360_000],
    ['120ms', 120],
    ['1s', 1_000],
    ['0s', 0],
    ['0', 0],
    ['1m26.4s', 86_400],
    ['7m12s', 432_000],
    ['114h18m0s', 411_480_000],
    ['2m59.56s', 179_560],
    ['45.837906927s', 45_838],
    ['1.1s', 1_100],
    ['250µs', 1],
    ['7 seconds', 7_000],
    ['2 minutes', 120_000],
    ['1 hour, 5 minutes and 3 seconds', 3_903_000],
    ['1d2h', 93_600_000],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '-5s', '5', '5 apples', 's', '1e9s', '7s!', '99999999h', 'NaN', '.5s', '1..5s', '5 MB'])(
    'not %j',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined();
    },
  );

  it('begin anywhere in a text', () => {
    expect(durationAt('in 7m12s. Visit', 3)).toBe(432_000);
    expect(durationAt('in 5 MB', 3)).toBeUndefined();
  });
});

describe('precedence', () => {
  const all = {
    'retry-after-ms': '1',
    'x-ms-retry-after-ms': '2',
    'retry-after': '3',
    'anthropic-ratelimit-tokens-remaining': '0',
    'anthropic-ratelimit-tokens-reset': '2026-10-15T12:00:06Z',
  };
  const body = { retryDelays: ['4s'], message: 'Please retry in 5s.' };

  it('runs from the most exact header to the reset of a spent dimension', () => {
    const left: Record<string, string> = { ...all };
    const found = (more = {}) => wait(left, more);
    expect(found(body)).toEqual({ ms: 1, source: 'retry-after-ms' });
    delete left['retry-after-ms'];
    expect(found(body)).toEqual({ ms: 2, source: 'x-ms-retry-after-ms' });
    delete left['x-ms-retry-after-ms'];
    expect(found(body)).toEqual({ ms: 3_000, source: 'retry-after' });
    delete left['retry-after'];
    expect(found(body)).toEqual({ ms: 4_000, source: 'retry-info' });
    expect(found({ message: body.message })).toEqual({ ms: 5_000, source: 'message' });
    expect(found()).toEqual({ ms: 6_000, source: 'reset-header' });
    expect(wait({ 'anthropic-ratelimit-tokens-remaining': '1' })).toBeUndefined();
  });

  it.each(['soon', '-5', 'NaN', '', '1e400', '99999999999999'])('passes over %j for the next source', (garbage) => {
    expect(wait({ 'retry-after-ms': garbage, 'retry-after': garbage }, body)).toEqual({
      ms: 4_000,
      source: 'retry-info',
    });
  });

  it('takes the longest of several spent dimensions', () => {
    const headers = {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-10-15T12:00:01Z',
      'anthropic-ratelimit-output-tokens-remaining': '0',
      'anthropic-ratelimit-output-tokens-reset': '2026-10-15T12:00:09Z',
    };
    expect(wait(headers)?.ms).toBe(9_000);
  });
});

describe('headers', () => {
  it('in milliseconds are rounded up, and only their first value counts', () => {
    for (const header of ['retry-after-ms', 'x-ms-retry-after-ms']) {
      const read = (value: string) => wait({ [header]: value });
      expect(['644', ' 644 ', '643.2', '644, 900', '644 ,9', '0'].map((value) => read(value)?.ms)).toEqual([
        644, 644, 644, 644, 644, 0,
      ]);
      expect(['x644', '644x', '644ms', '1234567890123456', '1.', '.5'].map(read)).toEqual(Array(6).fill(undefined));
    }
  });

  it('state a wait of at most 366 days', () => {
    const longest = 366 * 86_400_000;
    expect(wait({ 'retry-after-ms': String(longest) })).toEqual({ ms: longest, source: 'retry-after-ms' });
    expect(wait({ 'retry-after-ms': String(longest + 1) })).toBeUndefined();
  });

  it.each(['requests', 'tokens', 'input-tokens', 'output-tokens'])('of Anthropic tell of spent %s', (dimension) => {
    const spent = (remaining: string, reset?: string, now?: number) =>
      statedWaitIn({
        headers: {
          [`anthropic-ratelimit-${dimension}-remaining`]: remaining,
          ...(reset !== undefined && { [`anthropic-ratelimit-${dimension}-reset`]: reset }),
        },
        now,
      });
    expect(spent('0', '2026-10-15T12:00:09Z', NOW)).toEqual({ ms: 9_000, source: 'reset-header' });
    expect(spent(' 0 ', '2026-10-15T12:00:09Z', NOW)?.ms).toBe(9_000);
    expect(spent('0', '2026-10-15T11:00:00Z', NOW)?.ms).toBe(0);
    expect(spent('1', '2026-10-15T12:00:09Z', NOW)).toBeUndefined();
    expect(spent('0', 'soon', NOW)).toBeUndefined();
    expect(spent('0', undefined, NOW)).toBeUndefined();
    // Without any clock a time says no wait.
    expect(spent('0', '2026-10-15T12:00:09Z')).toBeUndefined();
  });
});

it('passes over a spent dimension whose reset cannot be read', () => {
  const headers = {
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': 'soon',
    'anthropic-ratelimit-tokens-remaining': '0',
    'anthropic-ratelimit-tokens-reset': '2026-10-15T12:00:09Z',
  };
  expect(wait(headers)).toEqual({ ms: 9_000, source: 'reset-header' });
});

describe('retryAfterMs', () => {
  it('is undefined for a date that cannot be read, that has words before it, or that no clock measures', () => {
    const date = 'Thu, 15 Oct 2026 12:00:30 GMT';
    expect(retryAfterMs(date, NOW)).toBe(30_000);
    expect(retryAfterMs('Thu, 99 Nonember 2026', NOW)).toBeUndefined();
    expect(retryAfterMs(`on ${date}`, NOW)).toBeUndefined();
    expect(retryAfterMs(date, undefined)).toBeUndefined();
    expect(retryAfterMs(undefined, NOW)).toBeUndefined();
  });
});

describe('retry delays in a body', () => {
  it('count by the longest that can be read', () => {
    expect(wait({}, { retryDelays: ['4s', 'soon', '26s', '7s'] })).toEqual({ ms: 26_000, source: 'retry-info' });
    expect(wait({}, { retryDelays: ['soon'] })).toBeUndefined();
    expect(wait({}, { retryDelays: [] })).toBeUndefined();
  });
});

describe('retry-after', () => {
  it.each([
    ['0', 0],
    ['1.5', 1_500],
    ['86400', 86_400_000],
    ['7, 7', 7_000],
    ['30s', 30_000],
    ['Thu, 15 Oct 2026 12:00:30 GMT', 30_000],
    ['Thursday, 15-Oct-26 12:00:30 GMT', 30_000],
    ['Thu Oct 15 12:00:30 2026', 30_000],
    ['2026-10-15T12:00:30Z', 30_000],
    ['2026-10-15T14:00:30+02:00', 30_000],
    ['2026-10-15T14:00:30+0200', 30_000],
    ['2026-10-15T10:00:30-02:00', 30_000],
    ['Thu, 15 Oct 2026 12:00:30 UTC', 30_000],
    [' Thu, 15 Oct 2026 12:00:30 GMT ', 30_000],
    ['Thu, 15 Oct 2026 12:00:30', 30_000],
    [' 7 ', 7_000],
    ['7 , 9', 7_000],
    ['0.0001', 1],
    ['1.1', 1_100],
    ['Thu, 15 Oct 2026 11:00:00 GMT', 0],
  ])('%s', (value, ms) => {
    expect(wait({ 'retry-after': value })).toEqual({ ms, source: 'retry-after' });
  });

  it('measures a date by the answer’s own clock where ours is wrong', () => {
    const headers = { 'retry-after': 'Thu, 15 Oct 2026 12:00:30 GMT', date: 'Thu, 15 Oct 2026 12:00:10 GMT' };
    const at = (now: string) => statedWaitIn({ headers, now: Date.parse(now) })?.ms;
    expect([at('2026-10-15T13:00:10Z'), at('2026-10-15T11:00:10Z')]).toEqual([20_000, 20_000]);
    expect(at('2026-10-15T12:00:10.700Z')).toBe(19_300);
  });

  it('measures a date from the answer when no clock is given', () => {
    const headers = { 'retry-after': 'Thu, 15 Oct 2026 12:00:30 GMT', date: 'Thu, 15 Oct 2026 12:00:10 GMT' };
    expect(wait(headers, { now: undefined })?.ms).toBe(20_000);
    expect(wait({ 'retry-after': headers['retry-after'] }, { now: undefined })).toBeUndefined();
  });
});

describe('prose', () => {
  it.each([
    'Try again in',
    'Trying again in',
    'Retry in',
    'Retrying in',
    'Wait',
    'Wait for',
    'Wait for at least',
    'Wait about',
    'Wait approximately',
    'Wait another',
    'Retry after',
    'Wait for at least another',
  ])('reads the wait behind %j', (words) => {
    expect(wait({}, { message: `Slow down. ${words} 5s.` })?.ms).toBe(5_000);
  });

  it('reads none behind other words, or too many', () => {
    expect(wait({}, { message: 'Resets in 5s' })).toBeUndefined();
    expect(wait({}, { message: 'Wait for at least about another 5s' })).toBeUndefined();
    expect(wait({}, { message: 'Kuwait 5s' })).toBeUndefined();
  });

  it.each([
    ['Please try again in 644ms. Visit', 644],
    ['Please try again in 7m12s.', 432_000],
    ['Please try again in 1m26.4s.', 86_400],
    ['try again in 114h18m0s. Visit https://x', 411_480_000],
    ['Please retry after 7 seconds.', 7_000],
    ['Please retry in 36.429760048s.', 36_430],
    ['Please wait 2 minutes before', 120_000],
    ['Retry after about 1 hour', 3_600_000],
    ['retry in 5 apples, or try again in 3s', 3_000],
  ])('%s', (message, ms) => {
    expect(wait({}, { message })).toEqual({ ms, source: 'message' });
  });

  it.each([
    'Please try again later.',
    'reduce your message size and try again.',
    'Limit 3000, used 5s',
    'try again in -5s',
  ])('not in %j', (message) => {
    expect(wait({}, { message })).toBeUndefined();
  });
});

describe('stated dates', () => {
  it.each([
    ['You will regain access on 2026-11-01 at 00:00 UTC.', '2026-11-01T00:00:00Z'],
    ['Quota resets at 2026-11-01T06:30:15.123Z', '2026-11-01T06:30:15Z'],
    ['available again on 2026-11-01 06:30 +02:00', '2026-11-01T04:30:00Z'],
    ['Try again after 2026-11-01', '2026-11-01T00:00:00Z'],
    ['Your limit resets on November 1, 2026 at 12:00 AM UTC', '2026-11-01T00:00:00Z'],
    ['Access will resume on Nov 1st, 2026, 1:15 pm', '2026-11-01T13:15:00Z'],
    ['Suspended until 1 November 2026', '2026-11-01T00:00:00Z'],
    ['Retry after Sun, 01 Nov 2026 00:00:00 GMT', '2026-11-01T00:00:00Z'],
  ])('%s', (message, date) => {
    expect(statedDateIn(message)?.toISOString()).toBe(date.replace('Z', '.000Z'));
  });

  it.each([
    'The model gpt-4o-2024-08-06 does not exist',
    'API version 2024-06-01 has exceeded its rate limit',
    'resets on 2026-13-45',
    'Please try again in 5s',
    'until further notice',
  ])('none in %j', (message) => {
    expect(statedDateIn(message)).toBeUndefined();
  });
});

// That no pattern is slower than linear is lint's to say (regexp/no-super-linear-*) and test/security/patterns.spec.ts'.
it('reads hostile texts of any length', () => {
  for (const part of [
    'try again in ',
    'retry in 1m',
    'wait for at least ',
    'resets on ',
    'until 2026-',
    '1 and ',
    '9',
  ]) {
    const message = part.repeat(20_000);
    expect(() => [wait({ 'retry-after': message }, { message }), parseDurationMs(message)]).not.toThrow();
    expect(statedDateIn(message)).toBeUndefined();
  }
});

describe('a limit that starts afresh', () => {
  const at = (ms: number) => new Date(NOW + ms).toISOString();
  const afresh = (resetsAt: string[], now?: number) => statedWaitIn({ headers: {}, resetsAt, now });

  it('is waited for until its date, of several the latest', () => {
    expect(afresh([at(5_000)], NOW)).toEqual({ ms: 5_000, source: 'retry-info' });
    expect(afresh([at(5_000), at(9_000), at(7_000)], NOW)?.ms).toBe(9_000);
    expect(afresh(['2026-10-15T12:00:30'], NOW)?.ms).toBe(30_000);
    expect(afresh(['2026-10-15T14:00:30+02:00'], NOW)?.ms).toBe(30_000);
  });

  it('is waited for no more when its date is past', () => {
    expect(afresh([at(-5_000)], NOW)?.ms).toBe(0);
  });

  it('says nothing without a time, by no clock, or in other words', () => {
    for (const text of ['2026-10-15', '26-10-15T12:00:30Z', 'at 2026-10-15T12:00:30Z', '2026-99-15T12:00:30Z', 'soon'])
      expect(afresh([text], NOW)).toBeUndefined();
    expect(afresh([at(5_000)])).toBeUndefined();
  });

  it('is read in the words of Zhipu, by the clock of China', () => {
    for (const text of ['您的限额将在 2026-10-15 21:00:00 重置', '将在2026-10-15T21:00:00重置。'])
      expect(wait({}, { message: text })).toEqual({ ms: 3_600_000, source: 'message' });
    expect(wait({}, { message: '将在 2026-10-15 重置' })).toBeUndefined();
  });
});

describe('the reset of a spent limit', () => {
  const reset = (remaining: string, value: string | undefined, name = 'x-ratelimit-remaining') =>
    wait({ [name]: remaining, ...(value !== undefined && { [name.replace('remaining', 'reset')]: value }) });

  it('is in seconds, or a date in seconds or milliseconds since the epoch', () => {
    expect(reset('0', '30')).toEqual({ ms: 30_000, source: 'reset-header' });
    expect(reset(' 0 ', ' 30.001 ')?.ms).toBe(30_001);
    expect(reset('0', '999999999')).toBeUndefined();
    expect(reset('0', String(NOW / 1_000 + 40))?.ms).toBe(40_000);
    expect(reset('0', String(NOW + 40_000))?.ms).toBe(40_000);
    expect(reset('0', '1000000000')?.ms).toBe(0);
    expect(reset('0', '100000000000')?.ms).toBe(0);
  });

  it('is of what is spent, in the day or in all', () => {
    expect(reset('0', '30', 'x-ratelimit-remaining-requests-day')?.ms).toBe(30_000);
    expect(reset('0', '30', 'x-ratelimit-remaining-tokens-day')?.ms).toBe(30_000);
    for (const [remaining, value, name] of [
      ['1', '30'],
      ['00', '30'],
      ['0', undefined],
      ['0', 'soon'],
      ['0', '30', 'x-ratelimit-remaining-images-day'],
      ['0', '30', 'x-ratelimit-remaining-requests-day-2'],
      ['0', '30', 'my-x-ratelimit-remaining'],
    ] as const)
      expect(reset(remaining, value, name)).toBeUndefined();
  });

  it('is the latest of those that are spent', () => {
    const headers = {
      'x-ratelimit-remaining-requests-day': '0',
      'x-ratelimit-reset-requests-day': '30',
      'x-ratelimit-remaining-tokens-day': '0',
      'x-ratelimit-reset-tokens-day': '50',
      'x-ratelimit-remaining': '9',
      'x-ratelimit-reset': '70',
    };
    expect(wait(headers)?.ms).toBe(50_000);
    expect(statedWaitIn({ headers })).toBeUndefined();
  });
});

it('a wait of more than a year and a day is none', () => {
  expect(wait({ 'retry-after': String(366 * 86_400) })?.ms).toBe(366 * 86_400_000);
  expect(wait({ 'retry-after': String(366 * 86_400 + 1) })).toBeUndefined();
});
