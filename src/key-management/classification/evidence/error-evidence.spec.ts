import { AxiosHeaders } from 'axios';
import { APICallError } from 'ai';
import { APIError } from 'openai';
import { errors as undici } from 'undici';
import { vendorErrorFrom } from './error-evidence';

const KEY = 'sk-proj-canaryCANARYcanary0123456789';
const QUOTA = {
  error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
};

describe('a good answer that broke off', () => {
  /** As the AI SDK throws it, in version 6 and 7: the status of the answer and what broke it in one error. */
  const broken = (cause: unknown, responseBody?: string) =>
    new APICallError({
      message: 'Failed to process successful response',
      url: 'u',
      requestBodyValues: {},
      statusCode: 200,
      responseHeaders: { 'content-type': 'text/event-stream' },
      responseBody,
      cause,
    });
  const terminated = new TypeError('terminated', { cause: new undici.SocketError('other side closed') });

  it.each([
    ['a connection that broke', terminated, 'network_error'],
    ['silence', new TypeError('terminated', { cause: new undici.BodyTimeoutError() }), 'timeout'],
  ])('is what broke it: %s', (_name, cause, transport) => {
    expect(vendorErrorFrom(broken(cause))).toMatchObject({
      phase: 'transport',
      transport,
      status: undefined,
      bodyKind: 'none',
    });
  });

  it('is the failure that it reports, if it reports one', () => {
    const seen = vendorErrorFrom(broken(terminated, JSON.stringify(QUOTA)));
    expect(seen).toMatchObject({ codes: ['insufficient_quota'], bodyKind: 'json' });
    expect(seen.transport).toBeUndefined();
  });

  it('is an answer where nothing broke it', () => {
    const seen = vendorErrorFrom(broken(new SyntaxError('Unexpected token')));
    expect(seen.status).toBe(200);
    expect(seen.transport).toBeUndefined();
  });
});

describe('shapes', () => {
  const seen = { status: 429, codes: ['insufficient_quota'], types: ['insufficient_quota'], bodyKind: 'json' };

  it.each([
    ['an SDK error', APIError.generate(429, QUOTA, undefined, new Headers())],
    [
      'an SDK error behind a cause',
      new Error('wrapped', { cause: APIError.generate(429, QUOTA, undefined, new Headers()) }),
    ],
    [
      'a retry error',
      Object.assign(new Error('x'), {
        errors: [
          new Error('1'),
          Object.assign(new Error('2'), { statusCode: 429, responseBody: JSON.stringify(QUOTA) }),
        ],
      }),
    ],
    ['an AggregateError', new AggregateError([{ status: 429, body: QUOTA }])],
    [
      'the AI SDK',
      new APICallError({
        message: 'x',
        url: 'u',
        requestBodyValues: {},
        statusCode: 429,
        responseBody: JSON.stringify(QUOTA),
      }),
    ],
    [
      'axios',
      Object.assign(new Error('Request failed with status code 429'), { response: { status: 429, data: QUOTA } }),
    ],
    [
      'axios with a buffer',
      Object.assign(new Error('x'), { response: { status: 429, data: Buffer.from(JSON.stringify(QUOTA)) } }),
    ],
    ['undici', new undici.ResponseError('x', 429, { body: QUOTA, headers: {} })],
    ['a plain object', { status: 429, body: JSON.stringify(QUOTA) }],
    ['a plain object with its error', { status: 429, ...QUOTA }],
    ['a flat object', { status: '429', ...QUOTA.error }],
    ['an array', { status: 429, body: [QUOTA] }],
    ['a string in a message', { status: 429, body: { error: { message: JSON.stringify(QUOTA) } } }],
    [
      'a string in a string in a message',
      { status: 429, body: { error: { message: JSON.stringify({ error: { message: JSON.stringify(QUOTA) } }) } } },
    ],
  ])('%s', (_name, thrown) => {
    expect(vendorErrorFrom(thrown)).toMatchObject({ ...seen, message: 'You exceeded your current quota' });
  });

  it.each([
    ['JSON', JSON.stringify(QUOTA), { codes: ['insufficient_quota'], phase: 'stream' }],
    ['an event', { type: 'error', code: 'server_error', message: 'x' }, { codes: ['server_error'], phase: 'stream' }],
    ['a sentence', 'went wrong', { message: 'went wrong', bodyKind: 'none' }],
    ['nothing', undefined, { message: '', bodyKind: 'none' }],
    ['a number', 42, { message: '' }],
    ['a function', () => 1, { message: '' }],
    [
      'FastAPI',
      { status: 422, body: { detail: [{ msg: 'Field required', input: 'secret' }] } },
      { message: 'Field required', types: [] },
    ],
    [
      'xAI',
      { status: 400, body: { code: 'c', error: 'Incorrect API key' } },
      { codes: ['c'], message: 'Incorrect API key' },
    ],
    [
      'HTML',
      { status: 403, body: '<html><script>x</script><h1>Sorry,</h1> you <b>have been blocked</b>' },
      { bodyKind: 'html', message: 'Sorry, you have been blocked' },
    ],
    ['text', { status: 500, body: 'oops' }, { bodyKind: 'text', message: 'oops' }],
    ['an SDK without a body', new Error('429 status code (no body)'), { status: undefined }],
    ['Google clients', Object.assign(new Error('no'), { code: 403, errors: [] }), { status: 403 }],
  ])('%s', (_name, thrown, expected) => {
    expect(vendorErrorFrom(thrown)).toMatchObject(expected);
  });

  it.each([
    ['Headers', new Headers({ 'Retry-After': '5' })],
    ['AxiosHeaders', new AxiosHeaders({ 'Retry-After': '5' })],
    ['an object', { 'Retry-After': '5' }],
    ['a list in an object', { 'Retry-After': ['5'] }],
    ['a number', { 'retry-after': 5 }],
    ['a Map', new Map([['Retry-After', '5']])],
    ['pairs', [['Retry-After', '5']]],
    ['a flat list', ['Retry-After', '5']],
  ])('headers as %s', (_name, headers) => {
    expect(vendorErrorFrom({ status: 429, headers, body: '' })).toMatchObject({
      headers: { 'retry-after': '5' },
      statedWait: { ms: 5_000, source: 'retry-after' },
      bodyKind: 'none',
    });
  });

  it('never keeps credentials or cookies of headers', () => {
    const headers = { authorization: 'x', 'set-cookie': 'x', 'x-api-key': 'x', 'x-goog-api-key': 'x', 'x-echo': KEY };
    expect(vendorErrorFrom({ status: 400, headers, body: '' }, { secrets: [KEY] }).headers).toEqual({
      'x-echo': '***',
    });
  });
});
