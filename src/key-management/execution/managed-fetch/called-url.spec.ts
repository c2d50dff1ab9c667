import { bedrock } from '../../vendors/bedrock';
import { openai } from '../../vendors/openai/openai';
import { vendorOf } from '../../vendors/vendor-of';
import { CalledUrl, CalledUrls, withoutParameters } from './called-url';

describe('CalledUrl', () => {
  it.each([
    ['of Google', '/v1beta/models/gemini-x:streamGenerateContent', 'gemini-x'],
    ['of Azure', '/openai/deployments/mine/chat/completions', 'mine'],
    ['of Bedrock', '/model/arn%3Aaws%3Ax%2Fy/converse-stream', 'arn:aws:x/y'],
    ['nowhere', '/v1/models/gpt', undefined],
  ])('knows the model that its path names: %s', (_, path, model) => {
    expect(new CalledUrl(`https://x.test${path}`, vendorOf(bedrock))).toMatchObject({ path, model });
  });

  it('is sent without credentials and with what the vendor needs, and leaves the URL of the caller as it is', () => {
    const vendor = vendorOf(openai, { query: { 'api-version': '2' } });
    const url = new CalledUrl('https://x.test/v1?key=managed&a=%20', vendor);
    expect(url.href).toBe('https://x.test/v1?a=+&api-version=2');
    expect(url.given.href).toBe('https://x.test/v1?key=managed&a=%20');
  });

  it('has an endpoint for each method', () => {
    const url = new CalledUrl('https://x.test/v1/files/file-1', vendorOf(openai));
    for (const [method, endpoint] of [
      ['GET', 'GET /v1/files/{id}'],
      ['POST', '/v1/files/{id}'],
      ['GET', 'GET /v1/files/{id}'],
    ])
      expect(url.endpoint(method!)).toBe(endpoint);
  });

  it('refuses what is no URL as fetch does', () => {
    expect(() => new CalledUrls(vendorOf(openai)).of('/v1')).toThrow('Invalid URL');
  });
});

describe('CalledUrls', () => {
  const urls = new CalledUrls(vendorOf(openai));

  it('remembers a URL however it is given, and none with a query or credentials, which may hold a key', () => {
    const known = urls.of('https://x.test/v1');
    expect(urls.of(new URL('https://x.test/v1'))).toBe(known);
    expect(urls.of(new Request('https://x.test/v1'))).toBe(known);
    for (const each of ['https://x.test/v1?key=a', 'https://a:b@x.test/v1', `https://x.test/${'a'.repeat(512)}`])
      expect(urls.of(each)).not.toBe(urls.of(each));
  });
});

describe('withoutParameters', () => {
  it.each([
    ['?key=a', ''],
    ['?KEY=a&b=1', '?b=1'],
    ['?a=%zz&k%65y=1&b', '?a=%zz&b'],
    ['?monkey=1', '?monkey=1'],
    ['', ''],
  ])('%s → %s', (given, expected) => {
    expect(withoutParameters(given, ['key'])).toBe(expected);
  });
});
