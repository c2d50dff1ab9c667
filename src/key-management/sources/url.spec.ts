import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keysFromUrl, type UrlOptions } from './url';

describe('keys from a URL', () => {
  let server: Server;
  let asked: IncomingHttpHeaders[];
  let answer: (response: ServerResponse, headers: IncomingHttpHeaders) => void;
  let url: string;

  beforeEach(async () => {
    asked = [];
    server = createServer(({ headers }, response) => {
      asked.push(headers);
      answer(response, headers);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });
  afterEach(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const source = (options?: UrlOptions) => {
    const made = keysFromUrl(url, options);
    return (signal = new AbortController().signal) => made.read({ provider: 'openai', signal });
  };

  it.each(['["one",{"key":"two","id":"b"}]', '{"keys":["one",{"key":"two","id":"b"}]}'])('reads %s', async (text) => {
    answer = (response) => response.end(text);
    expect(await source({ headers: { authorization: 'Bearer t' } })()).toEqual(['one', { key: 'two', id: 'b' }]);
    expect(asked[0]).toMatchObject({ authorization: 'Bearer t', accept: 'application/json' });
  });

  it('asks for what is new alone, where the server gives an ETag', async () => {
    let etag = '"1"';
    answer = (response, headers) => {
      if (headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.setHeader('etag', etag).end(JSON.stringify([`key of ${etag}`]));
    };
    let n = 0;
    const read = source({ headers: () => Promise.resolve({ 'x-count': String((n += 1)) }) });
    expect(await read()).toEqual(['key of "1"']);
    expect(await read()).toEqual(['key of "1"']);
    etag = '"2"';
    expect(await read()).toEqual(['key of "2"']);
    expect(asked.map((headers) => [headers['if-none-match'], headers['x-count']])).toEqual([
      [undefined, '1'],
      ['"1"', '2'],
      ['"1"', '3'],
    ]);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['an error', (response) => response.writeHead(503).end('secret'), 'the server answers with HTTP 503'],
    ['a redirect', (response) => response.writeHead(302, { location: '/other' }).end(), 'HTTP 302'],
    ['a 304 to what nobody asked', (response) => response.writeHead(304).end(), 'HTTP 304'],
    ['no JSON', (response) => response.end('sk-secret'), 'the answer is no JSON'],
    ['another thing', (response) => response.end('{"data":[]}'), 'the answer must be a list of keys'],
    ['too much', (response) => response.end(JSON.stringify(['x'.repeat(2_000)])), 'larger than 1000 bytes'],
  ])('fails by %s, and repeats nothing of it', async (_, bad, message) => {
    answer = bad;
    const failure = source({ maxBytes: 1_000 })();
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.not.toThrow('secret');
    expect(asked).toHaveLength(1);
  });

  it('gives up when it is told to', async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    await expect(source()(controller.signal)).rejects.toThrow('abort');
  });

  it('refuses http outside of this machine, unless it is allowed, and what is no URL', () => {
    expect(() => keysFromUrl('http://keys.internal/')).toThrow('keysFromUrl: the URL must be https');
    expect(() => keysFromUrl('file:///etc/keys')).toThrow(TypeError);
    expect(() => keysFromUrl('keys')).toThrow(TypeError);
    expect(keysFromUrl('http://keys.internal/', { allowHttp: true })).toMatchObject({ name: 'url', refreshMs: 4_000 });
    expect(keysFromUrl(new URL('https://keys.internal/'), { name: 'own' }).name).toBe('own');
  });
});
