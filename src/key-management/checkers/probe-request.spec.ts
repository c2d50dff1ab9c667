import { TinyServer } from '../../../test/managed-fetch/tiny-server';
import { vendorOf } from '../vendors/vendor-of';
import { apiUrl, sendProbe } from './probe-request';

describe('where a probe goes', () => {
  it.each([
    ['https://h', 'https://h/v1/models'],
    ['https://h/', 'https://h/v1/models'],
    ['https://h/openai', 'https://h/openai/v1/models'],
    ['https://h/api/paas/v4', 'https://h/api/paas/v4/models'],
    ['https://h/v2beta1/', 'https://h/v2beta1/models'],
    ['https://h/vendor', 'https://h/vendor/v1/models'],
    ['https://h/openai/v1', 'https://h/openai/v1/models'],
    ['https://v1/', 'https://v1/v1/models'],
  ])('E7: of %s is %s', (baseUrl, url) => {
    expect(apiUrl(baseUrl, '/v1/models')).toBe(url);
  });
});

it.each([
  ['https://h/openai', '/openai/v1/models', 'https://h/openai/v1/models'],
  ['https://h/openai/v1', '/openai/v1/models', 'https://h/openai/v1/models'],
  [
    'https://h/v1/projects/p/endpoints/openapi',
    '/chat/completions',
    'https://h/v1/projects/p/endpoints/openapi/chat/completions',
  ],
  ['https://h', '/v1beta/models?pageSize=1', 'https://h/v1beta/models?pageSize=1'],
])('what %s and %s share stands once', (baseUrl, path, url) => {
  expect(apiUrl(baseUrl, path)).toBe(url);
});

it('B3: a probe goes by the global fetch, as calls do, and follows no redirect', async () => {
  const server = await TinyServer.start();
  const fetch = jest.spyOn(globalThis, 'fetch');
  try {
    server.answer = (response) => response.writeHead(302, { location: `${server.origin}/elsewhere` }).end('moved');
    const vendor = vendorOf({ name: 'tiny', credential: { header: 'x-key' } });
    const probe = { method: 'GET', path: '/v1/models' } as const;
    const answer = await sendProbe({ ...vendor, baseUrl: server.origin }, probe, 'k', new AbortController().signal);
    expect([answer.status, answer.body]).toEqual([302, 'moved']);
    expect(server.seen).toMatchObject([{ url: '/v1/models', headers: { 'x-key': 'k' } }]);
    expect(fetch).toHaveBeenCalledTimes(1);
  } finally {
    fetch.mockRestore();
    await server.close();
  }
});
