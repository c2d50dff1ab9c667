import Anthropic from '@anthropic-ai/sdk';
import { ApiError } from '@google/genai';
import { APICallError } from 'ai';
import OpenAI from 'openai';
import { ManagedFetchService } from '../../src/key-management';
import { failureOf, ManagedApp, type VendorName } from '../../test/managed-fetch/managed-app';
import type { Behaviour } from '../../test/simulator';
import * as anthropic from './anthropic';
import * as google from './google';
import * as langchain from './langchain';
import * as openai from './openai';
import * as plain from './plain-fetch';
import * as vercel from './vercel-ai';

interface Example {
  name: string;
  vendor: VendorName;
  ask: (managed: ManagedFetchService, app: ManagedApp) => Promise<string>;
  stream: (managed: ManagedFetchService, app: ManagedApp, signal?: AbortSignal) => AsyncIterable<string>;
  /** The SDK's own errors. */
  rejected: object;
  limited: object;
}

const v1 = (app: ManagedApp) => `${app.simulator.openai.baseUrl}/v1`;
const EXAMPLES: Example[] = [
  {
    name: 'openai',
    vendor: 'openai',
    ask: (managed, app) => openai.ask(openai.openAi(managed, v1(app)), 'Hi'),
    stream: (managed, app, signal) => openai.stream(openai.openAi(managed, v1(app)), 'Hi', signal),
    rejected: OpenAI.BadRequestError,
    limited: OpenAI.RateLimitError,
  },
  {
    name: '@anthropic-ai/sdk',
    vendor: 'anthropic',
    ask: (managed, app) => anthropic.ask(anthropic.anthropic(managed, app.simulator.anthropic.baseUrl), 'Hi'),
    stream: (managed, app, signal) =>
      anthropic.stream(anthropic.anthropic(managed, app.simulator.anthropic.baseUrl), 'Hi', signal),
    rejected: Anthropic.BadRequestError,
    limited: Anthropic.RateLimitError,
  },
  {
    name: '@google/genai',
    vendor: 'google',
    ask: (managed, app) => google.ask(google.google(managed, app.simulator.google.baseUrl), 'Hi'),
    stream: (managed, app, signal) => google.stream(google.google(managed, app.simulator.google.baseUrl), 'Hi', signal),
    rejected: ApiError,
    limited: ApiError,
  },
  {
    name: 'ai',
    vendor: 'openai',
    ask: (managed, app) => vercel.ask(vercel.vercelAi(managed, v1(app))('gpt-5-nano'), 'Hi'),
    stream: (managed, app, signal) => vercel.stream(vercel.vercelAi(managed, v1(app))('gpt-5-nano'), 'Hi', signal),
    rejected: APICallError,
    limited: APICallError,
  },
  {
    name: '@langchain/openai',
    vendor: 'openai',
    ask: (managed, app) => langchain.ask(langchain.langChain(managed, v1(app)), 'Hi'),
    stream: (managed, app, signal) => langchain.stream(langchain.langChain(managed, v1(app)), 'Hi', signal),
    rejected: Error,
    limited: Error,
  },
  {
    name: 'plain fetch',
    vendor: 'openai',
    ask: (managed, app) => plain.ask(plain.plain(managed, v1(app)), 'Hi'),
    stream: (managed, app, signal) => plain.stream(plain.plain(managed, v1(app)), 'Hi', signal),
    rejected: Error,
    limited: Error,
  },
];

const BAD: Behaviour[] = [
  { kind: 'invalid' },
  { kind: 'exhausted' },
  { kind: 'alwaysRateLimited', retryAfterMs: 20_000 },
];

describe.each(EXAMPLES)('the example of $name', ({ vendor, ask, stream, rejected, limited }) => {
  let app: ManagedApp;
  let managed: ManagedFetchService;
  const read = async () => {
    const pieces: string[] = [];
    for await (const piece of stream(managed, app)) pieces.push(piece);
    return pieces;
  };
  const all = (behaviour: Behaviour) => {
    app.behave(vendor, behaviour, behaviour, behaviour, behaviour);
  };
  beforeEach(async () => {
    app = await ManagedApp.start(4);
    managed = app.app.get(ManagedFetchService);
  });
  afterEach(async () => {
    await app.idle();
    await app.close();
  });

  it('answers with three keys failing before the good one', async () => {
    app.behave(vendor, ...BAD, { kind: 'valid' });
    expect(await ask(managed, app)).toContain('Hello');
    expect(app.outcomes).toHaveLength(4);
    for (const { credentials } of app.vendor(vendor).calls) expect(credentials).toHaveLength(1);
  });

  it('streams with three keys failing before the good one', async () => {
    app.behave(vendor, ...BAD, { kind: 'valid' });
    const text = (await read()).join('');
    expect(text.split('Hello')).toHaveLength(2);
    expect(app.outcomes).toHaveLength(4);
  });

  it('streams with three streams breaking before their first content', async () => {
    const cut = { kind: 'cutOff', after: 'before_content', how: 'destroy' } as const;
    app.behave(vendor, cut, { kind: 'streamError', event: 'overloaded', after: 0 }, cut, { kind: 'valid' });
    const text = (await read()).join('');
    expect(text.split('Hello')).toHaveLength(2);
    expect(app.outcomes.slice(-1)).toEqual(['ok']);
    expect(app.outcomes).toHaveLength(4);
  });

  it('fails once, with no text twice, where a stream is cut after content', async () => {
    all({ kind: 'cutOff', after: 2, how: 'destroy' });
    const pieces: string[] = [];
    await failureOf(
      (async () => {
        for await (const piece of stream(managed, app)) pieces.push(piece);
      })(),
    );
    expect(pieces.join('').split('Hello')).toHaveLength(2);
    expect(app.outcomes).toEqual(['network_error']);
  });

  it('throws its own error at a fault of the caller, after one request', async () => {
    all({ kind: 'badRequest' });
    const error = await failureOf(ask(managed, app));
    expect(error).toBeInstanceOf(rejected);
    expect(app.vendor(vendor).calls.total).toBe(1);
  });

  it('throws its own rate limit error where no key is left, without retrying on top', async () => {
    all({ kind: 'alwaysRateLimited', retryAfterMs: 90_000 });
    const fetches = jest.spyOn(globalThis, 'fetch');
    for (let round = 0; round < 2; round += 1) {
      const error = await failureOf(ask(managed, app));
      expect(error).toBeInstanceOf(limited);
      expect(JSON.stringify({ ...error, text: String(error) })).toContain('429');
    }
    expect(fetches).toHaveBeenCalledTimes(4);
    fetches.mockRestore();
  });

  it('ends the stream when its caller aborts, and tells the vendor', async () => {
    all({ kind: 'slow', betweenChunksMs: 50 });
    const controller = new AbortController();
    const pieces: string[] = [];
    // Some SDKs throw at an abort, some end quietly.
    try {
      for await (const piece of stream(managed, app, controller.signal)) {
        pieces.push(piece);
        if (piece !== '') controller.abort();
      }
    } catch (error) {
      expect(String(error)).toMatch(/abort|cancel/i);
    }
    await app.vendor(vendor).calls.waitFor((log) => log.last!.aborted);
    await app.idle();
    expect(app.outcomes).toEqual(['cancelled']);
    expect(pieces.join('').split('Hello')).toHaveLength(2);
  });
});
