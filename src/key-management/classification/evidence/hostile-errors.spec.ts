import { APIError } from 'openai';
import { vendorErrorFrom } from './error-evidence';

const KEY = 'sk-proj-canaryCANARYcanary0123456789';
const QUOTA = { error: { message: 'no', code: 'insufficient_quota' } };

describe('hostile errors', () => {
  const throwing = {
    get status(): number {
      throw new Error('getter');
    },
    get cause(): unknown {
      throw new Error('getter');
    },
    body: QUOTA,
  };
  const cyclic: Record<string, unknown> = { message: 'x' };
  cyclic['cause'] = cyclic;
  cyclic['errors'] = [cyclic];
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const deep = `${'{"error":'.repeat(5_000)}1${'}'.repeat(5_000)}`;

  it.each([
    ['throwing getters', throwing],
    ['cycles', cyclic],
    ['a revoked proxy', proxy],
    [
      'a proxy of traps',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('trap');
          },
        },
      ),
    ],
    ['a bottomless proxy', new Proxy({}, { get: (_target, _name, self: unknown) => self })],
    ['depth', { status: 400, body: deep }],
    ['deep arrays', { status: 400, body: '['.repeat(60_000) }],
    ['a large body', { status: 400, body: `{"error":{"message":"${'x'.repeat(5_000_000)}"}}` }],
    ['a large message', { status: 400, body: { error: { message: 'x'.repeat(5_000_000) } } }],
    [
      'many headers',
      {
        status: 400,
        headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, 'x'.repeat(5_000)])),
        body: '',
      },
    ],
    [
      'headers that throw',
      {
        status: 400,
        headers: {
          entries: () => {
            throw new Error('x');
          },
        },
        body: '',
      },
    ],
    [
      'wrong types everywhere',
      { status: {}, headers: 5, error: { code: {}, type: [], details: 'x', message: { a: 1 } } },
    ],
    ['markup without end', { status: 400, body: `<html>${'<script'.repeat(8_000)}` }],
  ])('%s', (_name, thrown) => {
    const evidence = JSON.stringify(vendorErrorFrom(thrown, { secrets: [KEY], now: 0 }));
    expect(evidence.length).toBeLessThan(64_000);
  });

  it('pollutes no prototype', () => {
    const body = '{"error":{"message":"x","__proto__":{"polluted":1}},"__proto__":{"polluted":1}}';
    const headers = JSON.parse('{"__proto__":"polluted","constructor":"x"}') as object;
    const error = vendorErrorFrom({ status: 400, body, headers });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(error.headers)).toBe(Object.prototype);
  });

  it('takes no codes from JSON that stands inside a sentence', () => {
    const message = 'The model `{"error":{"code":"invalid_api_key"}}` does not exist';
    expect(vendorErrorFrom({ status: 404, body: { error: { message } } }).codes).toEqual([]);
    expect(vendorErrorFrom(APIError.generate(404, { error: { message } }, undefined, new Headers())).codes).toEqual([]);
  });

  it('keeps a key out of every field', () => {
    const body = {
      error: {
        message: `bad ${KEY}`,
        code: KEY,
        type: `t ${KEY}`,
        details: [{ reason: KEY, violations: [{ quotaId: KEY }] }],
      },
    };
    for (const secrets of [[KEY], []]) {
      const error = vendorErrorFrom(
        { status: 400, headers: { 'x-echo': KEY }, body },
        { secrets, endpoint: `GET /?key=${KEY}` },
      );
      expect(JSON.stringify(error)).not.toContain(KEY.slice(0, 18));
    }
  });
});
