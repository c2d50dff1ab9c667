import { APIConnectionError, APIConnectionTimeoutError, APIUserAbortError } from 'openai';
import { errors as undici } from 'undici';
import { vendorErrorFrom, type EvidenceContext } from './error-evidence';

describe('transport', () => {
  const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });
  const caused = (cause: unknown): Error => new TypeError('fetch failed', { cause });
  const cases: [string, unknown, string | undefined, EvidenceContext?][] = [
    ['a reset', caused(coded('ECONNRESET')), 'network_error'],
    ['bare fetch failed', caused(undefined), 'network_error'],
    ['a socket closed', caused(new undici.SocketError('other side closed')), 'network_error'],
    ['DNS', coded('ENOTFOUND'), 'network_error'],
    ['TLS', caused(coded('ERR_TLS_CERT_ALTNAME_INVALID')), 'network_error'],
    [
      'both addresses refused',
      caused(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])),
      'network_error',
    ],
    ['an SDK connection error', new APIConnectionError({ cause: caused(coded('EPIPE')) }), 'network_error'],
    ['an SDK time limit', new APIConnectionTimeoutError(), 'timeout'],
    ['an SDK abort', new APIUserAbortError(), 'cancelled'],
    ['undici headers', new undici.HeadersTimeoutError(), 'timeout'],
    ['undici connect', caused(new undici.ConnectTimeoutError()), 'timeout'],
    ['axios time limit', coded('ECONNABORTED', 'timeout of 300ms exceeded'), 'timeout'],
    ['axios broken', coded('ECONNABORTED', 'stream aborted'), 'network_error'],
    ['axios cancelled', coded('ERR_CANCELED', 'canceled'), 'cancelled'],
    ['AbortSignal.timeout', new DOMException('x', 'TimeoutError'), 'timeout'],
    ['an abort', new DOMException('x', 'AbortError'), 'cancelled'],
    ['an abort that was not the caller’s', new DOMException('x', 'AbortError'), 'timeout', { callerAborted: false }],
    ['an abort because of time', new Error('x', { cause: new DOMException('x', 'TimeoutError') }), 'timeout'],
    [
      'an abort behind "Connection error."',
      new APIConnectionError({ cause: new DOMException('x', 'AbortError') }),
      'cancelled',
    ],
    ['our limit', new Error('anything'), 'timeout', { timedOut: true }],
    ['our caller', new Error('anything'), 'cancelled', { callerAborted: true }],
    ['a bug of the caller', new TypeError('x is not a function'), undefined],
  ];

  it.each(cases.map(([name, thrown, kind, context]) => [name, thrown, kind, context ?? {}] as const))(
    '%s',
    (_name, thrown, kind, context) => {
      const error = vendorErrorFrom(thrown, { phase: 'http', ...context });
      expect(error.transport).toBe(kind);
      expect(error.phase).toBe(kind ? 'transport' : 'http');
    },
  );

  it('yields to an answer that came at the same moment', () => {
    expect(vendorErrorFrom({ status: 401, body: 'no' }, { callerAborted: true })).toMatchObject({ status: 401 });
    expect(vendorErrorFrom({ status: 401, body: 'no' }, { callerAborted: true }).transport).toBeUndefined();
  });
});
