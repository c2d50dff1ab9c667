import { AssertionError } from 'node:assert';
import { BadRequestException, ServiceUnavailableException } from '@nestjs/common';
import { APIConnectionError, APIError } from 'openai';
import { z } from 'zod';
import { errorOf, Fault, Harness, trail } from '../../../../test/execution/harness';
import { NoHealthyKeysError } from '../../errors';

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};
const system = (code: string, syscall: string, more = {}) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -1, ...more });

const OWN: [string, unknown][] = [
  ['a TypeError', thrownBy(() => (undefined as never as { a: { b: 1 } }).a.b)],
  ['a SyntaxError of JSON.parse', thrownBy(() => JSON.parse('not json'))],
  ['a RangeError', new RangeError('Invalid array length')],
  ['a ZodError', thrownBy(() => z.object({ a: z.number() }).parse({}))],
  ['an AssertionError', new AssertionError({ message: 'not equal' })],
  ['a plain Error', new Error('the answer has no city')],
  ['a HttpException of Nest', new BadRequestException('mine')],
  ['a HttpException of Nest with a 503', new ServiceUnavailableException({ error: { message: 'x' } })],
  ['an error of http-errors', Object.assign(new Error('no'), { status: 429, statusCode: 429, expose: true })],
  ['an error of a database', Object.assign(new Error('duplicate key value'), { code: '23505' })],
  ['an error with a large numeric code', Object.assign(new Error('duplicate key'), { code: 11000 })],
  ['an error with data of its own', Object.assign(new Error('no city'), { data: { userId: 1 } })],
  ['an error of a file', system('ENOENT', 'open', { path: '/etc/nothing' })],
  ['an error with a plain cause', new Error('outer', { cause: new Error('inner') })],
  ['an error of another managed call', new NoHealthyKeysError('none', { provider: 'x', attempts: [], counts: {} })],
  ['a text', 'something is wrong'],
  ['nothing', undefined],
  ['an empty object', {}],
];

const EVIDENCE: [string, unknown, string][] = [
  ['a user-made error with a status', Object.assign(new Error('x'), { status: 429 }), 'quota_exceeded'],
  [
    'a TypeError of fetch',
    Object.assign(new TypeError('fetch failed'), { cause: system('ECONNREFUSED', 'connect') }),
    'network_error',
  ],
  ['a wrapped answer', new Error('mine', { cause: new Fault(503, { message: 'busy' }) }), 'overloaded'],
  ['a HttpException around an answer', new BadRequestException('x', { cause: new Fault(503, {}) }), 'overloaded'],
  ['a socket’s time limit', system('ETIMEDOUT', 'connect'), 'timeout'],
  ['an unusual error of a socket', system('ENOBUFS', 'write'), 'unknown'],
  ['an unusual error of undici', Object.assign(new Error('x'), { code: 'UND_ERR_INFO' }), 'unknown'],
  ['an APIConnectionError in words of its own', new APIConnectionError({ message: 'the proxy said no' }), 'unknown'],
  [
    'an error that came as an event',
    new APIError(undefined, { message: 'odd', type: 'new_error' }, 'odd', undefined),
    'unknown',
  ],
  ['an answer that means nothing known', new Fault(418, { message: 'teapot' }), 'unknown'],
];

describe('what the caller’s own function throws', () => {
  let harness: Harness;
  beforeEach(() => {
    harness = new Harness().add('a').add('b').add('c');
  });
  afterEach(() => {
    harness.expectIdle();
  });
  const failing = (error: unknown) => async (context: Parameters<typeof harness.vendor>[0]) => {
    await harness.vendor(context);
    throw error;
  };

  it.each(OWN)('D14: %s ends the call, and counts against nobody', async (_, error) => {
    const result = await harness.run({}, failing(error));
    expect(errorOf(result)).toMatchObject({ code: 'CALL_REJECTED' });
    expect(errorOf(result)!.cause).toBe(error);
    expect(trail(result)).toEqual(['bad_request']);
    expect(harness.called).toEqual(['a']);
    expect(harness.snapshot('a')).toMatchObject({ status: 'healthy', errorCount: 0, successRate: 100 });
  });

  it.each(EVIDENCE)('D14: %s is evidence, as ever', async (_, error, outcome) => {
    const result = await harness.runThrough({ maxRetries: 1 }, failing(error));
    expect(trail(result)[0]).toBe(outcome);
    expect(harness.called.length).toBeGreaterThan(1);
  });

  it('D14: shows no key in what it says', async () => {
    const result = await harness.run({}, ({ apiKey }) => Promise.reject(new TypeError(`bad header ${apiKey}`)));
    expect(result.attempts).toMatchObject([{ reason: "the call's own function failed: TypeError: bad header ***" }]);
  });
});

describe('a checker that gives nonsense', () => {
  const WORD = 'ten o’clock';
  const NONSENSE: [string, object][] = [
    ['notBefore as text', { notBefore: WORD }],
    ['notBefore as an impossible number', { notBefore: 1e300 }],
    ['notBefore as an invalid date', { notBefore: new Date(NaN) }],
    ['notBefore in a thousand years', { notBefore: new Date(Date.UTC(3_026, 0)) }],
    ['retryAfterMs: NaN', { retryAfterMs: NaN }],
    ['retryAfterMs: Infinity', { retryAfterMs: Infinity }],
    ['a negative retryAfterMs', { retryAfterMs: -1 }],
    ['retryAfterMs as text', { retryAfterMs: '10' }],
    ['an impossible rest', { cooldownMs: 1e300, cooldownMaxMs: NaN }],
    ['an unknown scope', { scope: 'planet' }],
    ['an unknown keyAction', { keyAction: 'explode' }],
    ['an unknown retry', { retry: 'for ever' }],
    ['a model that is no text', { model: { name: 'm' } }],
    ['a model of 10 kB', { model: 'm'.repeat(10_000) }],
    ['a reason that is no text', { reason: { toString: () => 'x' } }],
    ['a status that is none', { status: 'teapot' }],
    ['a promise in a field', { notBefore: Promise.resolve(1), escalateOnRepeat: Symbol('x') }],
    [
      'fields that throw',
      {
        get notBefore(): Date {
          throw new Error('a bug');
        },
      },
    ],
  ];

  it.each(NONSENSE)('E15: %s neither rejects nor leaves a call in flight', async (_, fields) => {
    for (const outcome of ['rate_limited', 'invalid_key', 'quota_exceeded', 'permission_denied', 'server_error']) {
      const verdict = Object.defineProperties({ outcome }, Object.getOwnPropertyDescriptors(fields));
      const harness = new Harness({ checker: { classifyError: () => verdict } as never });
      harness.add('a', [new Fault(400)]).add('b');
      const result = await harness.runThrough();
      expect(result).toMatchObject({ success: true });
      harness.expectIdle();
      const shown = harness.snapshot('a');
      const year = harness.clock.now() + 400 * 86_400_000;
      for (const date of [shown.cooldownUntil, shown.recheckAt, ...shown.cooldowns.map(({ until }) => until)])
        if (date) expect(date.getTime()).toBeLessThanOrEqual(year);
      expect(JSON.stringify(shown).length).toBeLessThan(2_000);
    }
  });

  it('E15: keeps what can be read: a date as text or as milliseconds', async () => {
    for (const as of [(date: Date) => date.toISOString(), (date: Date) => date.getTime(), (date: Date) => date]) {
      const harness = new Harness();
      const notBefore = new Date(harness.clock.now() + 3_600_000);
      const checker = { classifyError: () => ({ outcome: 'rate_limited', scope: 'key', notBefore: as(notBefore) }) };
      const other = new Harness({ checker: checker as never }).add('a', [new Fault(400)]).add('b');
      await other.run();
      expect(other.snapshot('a').cooldownUntil).toEqual(notBefore);
    }
  });

  it('E15: hears of no rejection that nobody handles', async () => {
    const checker = { classifyError: () => Promise.reject(new Error('a bug')) };
    const harness = new Harness({ checker: checker as never }).add('a', [new Fault(400)]).add('b');
    expect(trail(await harness.runThrough())).toEqual(['unknown', 'ok']);
  });
});
