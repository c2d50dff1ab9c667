import { inspect } from 'node:util';
import { KeyRoute } from '../../pool/key/key-route';
import { AttemptFailure } from '../failures/classify-attempt';
import { keyDestination } from './key-destination';
import type { ManagedRequest } from './managed-request';

const requestTo = (url: string): ManagedRequest =>
  ({ url, method: 'POST', headers: new Headers({ 'x-a': 'shared' }), redirect: 'follow' }) as ManagedRequest;

describe('keyDestination', () => {
  it.each([
    ['https://one.example', 'https://two.example', '/v1/chat?x=1&y=%2F', 'https://two.example/v1/chat?x=1&y=%2F'],
    [
      'https://one.example/openai',
      'https://two.example/openai',
      '/openai/v1/chat',
      'https://two.example/openai/v1/chat',
    ],
    ['https://one.example', 'https://two.example/openai', '/openai/v1/chat', 'https://two.example/openai/v1/chat'],
    ['https://one.example', 'https://two.example/api/paas/v4', '/v1/chat', 'https://two.example/api/paas/v4/chat'],
    ['https://one.example/', 'https://two.example/', '', 'https://two.example'],
    ['https://one.example/a', 'https://one.example/b', '/a/v1/chat', 'https://one.example/b/v1/chat'],
  ])('from %s to %s with %s', (called, own, path, expected) => {
    const { origin } = new URL(called);
    const terms = { vendor: { baseUrl: called }, calledBaseUrl: called };
    const { request, baseUrl } = keyDestination(requestTo(new URL(origin + path).href), terms, new KeyRoute(own));
    expect(new URL(request.url).href).toBe(new URL(expected).href);
    expect(baseUrl).toBe(own);
  });

  it('takes a request that was written for the base URL of another key back to the provider', () => {
    const terms = { vendor: { baseUrl: 'https://all.example/x' }, calledBaseUrl: 'https://two.example' };
    expect(keyDestination(requestTo('https://two.example/v1/chat'), terms, undefined).request.url).toBe(
      'https://all.example/x/v1/chat',
    );
  });

  it('gives a key with headers a copy with its own over the others, and leaves the request as it is', () => {
    const terms = { vendor: { baseUrl: 'https://all.example' }, calledBaseUrl: 'https://all.example' };
    const request = requestTo('https://all.example/v1/chat');
    const own = keyDestination(request, terms, new KeyRoute(undefined, { 'X-A': 'own', 'x-b': 'b' }));
    expect(Object.fromEntries(own.request.headers)).toEqual({ 'x-a': 'own', 'x-b': 'b' });
    expect(own.request.url).toBe(request.url);
    expect(Object.fromEntries(request.headers)).toEqual({ 'x-a': 'shared' });
    expect(keyDestination(request, terms, undefined).request).toBe(request);
  });

  it('sends a key nowhere that has no base URL, in a provider without one, and lets another key try', () => {
    const terms = { vendor: { baseUrl: undefined }, calledBaseUrl: 'https://two.example' };
    const failed = (): unknown => keyDestination(requestTo('https://two.example/v1'), terms, undefined);
    expect(failed).toThrow(AttemptFailure);
    try {
      failed();
    } catch (error) {
      expect((error as AttemptFailure).facts.classification).toMatchObject({
        outcome: 'config_error',
        retry: 'other_key',
      });
    }
  });
});

it('a route prints without the values of its headers', () => {
  const route = new KeyRoute('https://two.example', { 'X-Workspace': 'wrkspc_secret_value' });
  expect(inspect(route) + JSON.stringify(route) + inspect({ ...route }, { showHidden: true })).not.toContain('secret');
  expect(inspect(route)).toContain('x-workspace');
});
