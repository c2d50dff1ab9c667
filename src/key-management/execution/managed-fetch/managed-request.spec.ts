import { vendorOf } from '../../vendors/vendor-of';
import { anthropic } from '../../vendors/anthropic/anthropic';
import { google } from '../../vendors/google/google';
import { openai } from '../../vendors/openai/openai';
import { checkDestination } from './destination';
import type { Vendor } from '../../vendors/contract/vendor';
import type { FetchInput } from '../../common/fetch-types';
import { CalledUrls } from './called-url';
import { managedRequest, modelInBody, type ManagedRequestInit } from './managed-request';

const read = async (input: FetchInput, init?: ManagedRequestInit, vendor: Vendor = vendorOf(openai)) =>
  managedRequest(new CalledUrls(vendor).of(input), { input, init }, vendor);

describe('managedRequest', () => {
  it.each([vendorOf(openai), vendorOf(anthropic), vendorOf(google)])(
    'takes out every credential, and with it the organization that it belongs to ($name)',
    async (vendor) => {
      const headers = {
        Authorization: 'Bearer managed',
        'X-Api-Key': 'managed',
        'x-goog-api-key': 'managed',
        'API-KEY': 'managed',
        'openai-organization': 'org',
        'x-request-id': 'mine',
      };
      const { headers: kept, url } = await read('https://x.test/v1?alt=sse&key=managed&q=a%20b', { headers }, vendor);
      expect(Object.fromEntries(kept)).toEqual({ 'x-request-id': 'mine', ...vendor.headers });
      expect(url).toBe('https://x.test/v1?alt=sse&q=a%20b');
    },
  );

  it('reads a string, a URL and a Request alike', async () => {
    const init = { method: 'POST', body: '{"model":"m"}', headers: { 'content-type': 'application/json' } };
    for (const input of ['https://x.test/v1', new URL('https://x.test/v1')])
      expect(await read(input, init)).toMatchObject({ url: 'https://x.test/v1', method: 'POST', model: 'm' });
    const request = await read(new Request('https://x.test/v1', init));
    expect(request).toMatchObject({ url: 'https://x.test/v1', method: 'POST', model: 'm', body: { once: false } });
    expect(request.headers.get('content-type')).toBe('application/json');
  });

  it('lets init beat the Request, as fetch does', async () => {
    const base = new Request('https://x.test/', { method: 'POST', body: 'a', headers: { one: '1' } });
    const { method, headers, body } = await read(base, { method: 'PUT', body: 'b', headers: { two: '2' } });
    expect([method, body.value, [...headers]]).toEqual(['PUT', 'b', [['two', '2']]]);
  });

  it.each<[string, ManagedRequestInit['body']]>([
    ['text', 'x'],
    ['bytes', new Uint8Array(2)],
    ['an ArrayBuffer', new ArrayBuffer(2)],
    ['a form', new FormData()],
    ['a blob', new Blob(['x'])],
    ['parameters', new URLSearchParams({ a: 'b' })],
    ['a function', () => 'x'],
    ['a stream', new ReadableStream()],
    ['an async iterable', (async function* () {})()],
  ])('can send %s again', async (_, body) => {
    expect((await read('https://x.test/', { method: 'POST', body })).body.once).toBe(false);
  });

  it.each([{}, 'x', 5])('refuses a signal that is %p as fetch does', async (signal) => {
    await expect(read('https://x.test/', { signal: signal as AbortSignal })).rejects.toThrow(TypeError);
  });

  it('D9: gives a POST one idempotency key, where the vendor takes one and the SDK set none', async () => {
    const keyOf = async (init: ManagedRequestInit, vendor?: Vendor) =>
      (await read('https://x.test/v1', init, vendor)).headers.get('idempotency-key');
    const [one, two] = [await keyOf({ method: 'POST' }), await keyOf({ method: 'post' })];
    expect(one).toMatch(/^managed-[0-9a-f-]{36}$/);
    expect(two).not.toBe(one);
    const own = { 'Idempotency-Key': 'stainless-node-retry-1' };
    expect(await keyOf({ method: 'POST', headers: own })).toBe('stainless-node-retry-1');
    expect(await keyOf({})).toBeNull();
    for (const vendor of [vendorOf(anthropic), vendorOf(google)])
      expect(await keyOf({ method: 'POST' }, vendor)).toBeNull();
  });
});

describe('modelInBody', () => {
  it.each<[string, unknown, string | undefined]>([
    ['first in the body', '{"model":"gpt","messages":[]}', 'gpt'],
    ['last in the body', '{"messages":[{"model":"no"}],"tools":{"model":"no"},"model":"gpt"}', 'gpt'],
    ['only deeper', '{"metadata":{"model":"no"}}', undefined],
    ['escaped', '{"model":"a\\"b"}', 'a"b'],
    ['in bytes', new TextEncoder().encode('{"model":"gpt"}').buffer, 'gpt'],
    ['in a view of bytes', new TextEncoder().encode('xx{"model":"gpt"}').subarray(2), 'gpt'],
    ['in broken JSON', '{"a":1,"model":"gpt"', undefined],
    ['nowhere', undefined, undefined],
  ])('%s', (_, body, expected) => {
    expect(modelInBody(body)).toBe(expected);
  });

  it('in a form', () => {
    const form = new FormData();
    form.set('model', 'whisper');
    expect(modelInBody(form)).toBe('whisper');
  });
});

describe('checkDestination', () => {
  const check = (url: string, ...bases: string[]) => {
    checkDestination('openai', new URL(url), bases);
  };

  it('lets the own origin through, encrypted or on loopback', () => {
    check('https://api.openai.com/v1/x', 'https://api.openai.com');
    check('https://proxy.test:8443/a/v1', 'https://api.openai.com', 'https://proxy.test:8443/a');
    for (const host of ['localhost:1', '127.0.0.1:1', '127.8.8.8', '[::1]:1'])
      check(`http://${host}/`, `http://${host}`);
  });

  it.each([
    ['another host', 'https://evil.test/v1', 'https://api.openai.com', /sent to https:\/\/api\.openai\.com only/],
    ['a host that begins alike', 'https://api.openai.com.evil.test/', 'https://api.openai.com', /only/],
    ['another port', 'https://api.openai.com:8443/', 'https://api.openai.com', /only/],
    ['plain http', 'http://api.openai.com/', 'https://api.openai.com', /only/],
    ['plain http that a checker asks for', 'http://x.test/', 'http://x.test', /not https/],
    ['credentials in the URL', 'https://a:b@api.openai.com/', 'https://api.openai.com', /credentials/],
  ])('refuses %s', (_, url, base, message) => {
    expect(() => check(url, base)).toThrow(message);
  });

  it('sends nothing where no base URL is known', () => {
    expect(() => check('https://x.test/')).toThrow(/providers\.openai\.baseUrl/);
  });
});

it('lets a request go unencrypted beyond this machine only where the provider allows http', () => {
  const url = new URL('http://10.0.0.1/v1/models');
  expect(() => checkDestination('acme', url, ['http://10.0.0.1'])).toThrow(/never sent unencrypted/);
  expect(checkDestination('acme', url, ['https://acme.example', 'http://10.0.0.1'], true)).toBe('http://10.0.0.1');
  expect(() => checkDestination('acme', url, ['https://acme.example'], true)).toThrow(/only, not to/);
});
