import Anthropic, { RateLimitError as AnthropicRateLimitError, InternalServerError } from '@anthropic-ai/sdk';
import type { TestingModule } from '@nestjs/testing';
import OpenAI from 'openai';
import {
  BaseHealthChecker,
  HealthCheckerRegistry,
  keyIdOf,
  KeyPoolService,
  ManagedFetchService,
  type ProviderOptions,
} from '../../src/key-management';
import { defineVendor } from '../../src/key-management/vendors/define-vendor';
import { failureOf } from '../managed-fetch/managed-app';
import { TinyServer } from '../managed-fetch/tiny-server';
import { startKeyManagement } from '../support/key-management-app';

/** No key is left: the answer is made here, in the shape that the caller's SDK expects. */
describe('the shape of an error that no vendor gave', () => {
  let server: TinyServer;
  let app: TestingModule;

  beforeEach(async () => (server = await TinyServer.start()));
  afterEach(async () => {
    await app.close();
    await server.close();
  });

  const fetchOf = async (name: string, settings: ProviderOptions): Promise<typeof fetch> => {
    app = await startKeyManagement({
      providers: { [name]: { baseUrl: server.origin, ...settings } },
    });
    return app.get(ManagedFetchService).for(name, { maxWaitMs: 0 });
  };

  it.each<[string, ProviderOptions]>([
    ['claude-eu', { vendor: 'anthropic' }],
    ['gateway', { compatibleWith: 'anthropic' }],
    ['own', { vendor: defineVendor({ name: 'own', wireFormat: 'anthropic' }) }],
    ['router', { compatibleWith: 'openai' }],
  ])("is Anthropic's where its SDK calls %s", async (name, settings) => {
    const fetch = await fetchOf(name, settings);
    const client = new Anthropic({ apiKey: 'managed', baseURL: server.origin, fetch, maxRetries: 0 });
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    const error = await failureOf(client.messages.create({ model: 'm', max_tokens: 1, messages: [...messages] }));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 503, error: { type: 'error', error: { type: 'api_error' } } });
  });

  it('says 429 in the same shape where waiting helps', async () => {
    const key = 'claude-eu-shape-0123456789abcdef';
    const fetch = await fetchOf('claude-eu', { vendor: 'anthropic', keys: [key] });
    const pool = app.get(KeyPoolService).pool('claude-eu')!;
    server.answer = (response) =>
      response.writeHead(429, { 'retry-after': '60', 'content-type': 'application/json' }).end('{"type":"error"}');
    expect(pool.record(keyIdOf(key))).toBeDefined();
    const client = new Anthropic({ apiKey: 'managed', baseURL: server.origin, fetch, maxRetries: 0 });
    const ask = () =>
      client.messages.create({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] });
    await failureOf(ask());
    const error = await failureOf(ask());
    expect(error).toBeInstanceOf(AnthropicRateLimitError);
    expect(error).toMatchObject({ error: { error: { type: 'rate_limit_error' } } });
  });

  it("is Google's where a provider of another name is called as Google is", async () => {
    const fetch = await fetchOf('gemini-eu', { vendor: 'google' });
    const url = `${server.origin}/v1beta/models/gemini-x:generateContent`;
    const body = (await (await fetch(url, { method: 'POST', body: '{}' })).json()) as { error: { status: string } };
    expect(body.error).toMatchObject({ code: 503, status: 'UNAVAILABLE' });
  });

  it.each<[string, ProviderOptions, string]>([
    ['google', {}, '/v1beta/openai'],
    ['anthropic', {}, '/v1'],
    ['groq', {}, '/v1'],
  ])("is OpenAI's where its SDK calls %s", async (name, settings, path) => {
    const fetch = await fetchOf(name, settings);
    const client = new OpenAI({ apiKey: 'managed', baseURL: `${server.origin}${path}`, fetch, maxRetries: 0 });
    const error = await failureOf(
      client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
    );
    expect(error).toMatchObject({ status: 503, code: 'no_healthy_keys', type: 'service_unavailable_error' });
  });

  it("is as a vendor's own profile says, that of a user's checker too", async () => {
    const vendor = defineVendor({
      name: 'acme',
      errorBody: (status, message) => ({ ok: false, why: status === 429 ? 'wait' : 'down', message }),
    });
    class Acme extends BaseHealthChecker {
      override readonly vendor = vendor;
      checkHealth = () => Promise.resolve({ outcome: 'ok' } as const);
      classifyError = () => ({ outcome: 'unknown' }) as const;
    }
    const fetch = await fetchOf('acme', {});
    app.get(HealthCheckerRegistry).addChecker('acme', new Acme());
    const response = await fetch(`${server.origin}/v1/speak`, { method: 'POST', body: '{}' });
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ ok: false, why: 'down' }),
    ]);
  });
});
