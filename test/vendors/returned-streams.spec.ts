import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import type { TestingModule } from '@nestjs/testing';
import OpenAI from 'openai';
import {
  KeyPoolService,
  RetryExecutorService,
  type AttemptReport,
  type CallContext,
  type Outcome,
} from '../../src/key-management';
import type { CallBatch } from '../../src/key-management/pool/call-batches';
import { CALL_ENDS } from '../../src/key-management/pool/call-batches';
import { TinyServer } from '../managed-fetch/tiny-server';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';

type Via = Pick<CallContext, 'apiKey' | 'fetch'>;
type Open = (via: Via) => Promise<AsyncIterable<unknown>>;

const HI = [{ role: 'user' as const, content: 'Hi' }];
const event = (data: object): string =>
  `${'type' in data ? `event: ${String(data.type)}\n` : ''}data: ${JSON.stringify(data)}\n\n`;

let server: TinyServer;
let app: TestingModule;
let settled: Outcome[];
let ends: { success: boolean; end: string }[];

/** @param isWhole The answer states its length, as what a proxy has buffered does. */
async function start(provider: string, body: string, isWhole: boolean): Promise<void> {
  server = await TinyServer.start();
  app = await startKeyManagement({
    providers: {
      [provider]: { keys: [1, 2].map((n) => fakeKey(provider as 'openai', n)), baseUrl: server.origin },
    },
    healthCheckDepth: 'light',
  });
  settled = [];
  ends = [];
  app.get(KeyPoolService).observe({
    callsOf: () => ({
      onCallBatch: (batch: CallBatch) => {
        for (let at = 0; at < batch.settled; at += 1)
          if (batch.probes[at] === 0) settled.push(CALL_ENDS[batch.outcomes[at]!] as Outcome);
        for (let at = 0; at < batch.ended; at += 1)
          ends.push({ success: batch.successes[at] === 1, end: CALL_ENDS[batch.ends[at]!]! });
      },
    }),
  });
  server.seen.length = 0;
  server.answer = (response) => {
    response.setHeader('content-type', 'text/event-stream');
    if (!isWhole) response.flushHeaders();
    response.end(body);
  };
}

afterEach(async () => {
  await app.close();
  await server.close();
});

const openai = ({ apiKey, fetch }: Via) => new OpenAI({ apiKey, baseURL: `${server.origin}/v1`, fetch, maxRetries: 0 });
const chat: Open = (via) => openai(via).chat.completions.create({ model: 'm', messages: HI, stream: true });
const responses: Open = (via) => openai(via).responses.create({ model: 'm', input: 'Hi', stream: true });
const messages: Open = ({ apiKey, fetch }) =>
  new Anthropic({ apiKey, baseURL: server.origin, fetch, maxRetries: 0 }).messages.create({
    model: 'm',
    max_tokens: 9,
    messages: HI,
    stream: true,
  });
/** The SDK of Google takes no fetch: it goes by the global one, which the test lends it. */
const google: Open = async ({ apiKey, fetch }) => {
  const { fetch: own } = globalThis;
  globalThis.fetch = (input, init) => {
    globalThis.fetch = own;
    return fetch(input, init);
  };
  const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.origin } });
  return client.models.generateContentStream({ model: 'm', contents: 'Hi' });
};

const role = event({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] });
const word = event({ choices: [{ index: 0, delta: { content: 'Hi' } }] });
const created = event({ type: 'response.created', response: { id: 'r', status: 'in_progress' } });
const delta = event({ type: 'response.output_text.delta', delta: 'Hi' });
const failed = (code: string, message = 'x') =>
  event({ type: 'response.failed', response: { id: 'r', status: 'failed', error: { code, message } } });
const begun = event({
  type: 'message_start',
  message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1 } },
});
const block = event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
const refused = (type: string, message: string) => event({ type: 'error', error: { type, message } });
const candidate = event({ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] });

const TOO_LONG = event({
  error: {
    message: "This model's maximum context length is 8192 tokens.",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
});
const FILTERED = event({ error: { message: 'The response was filtered.', code: 'content_filter', type: null } });
const TOO_LARGE = event({
  error: {
    message: 'Request too large for m in organization org-x on tokens per min (TPM)',
    type: 'tokens',
    code: null,
  },
});

/** Provider, how the SDK opens its stream, the events of the vendor, what the failure is, whether the SDK throws it. */
const CASES: [string, string, Open, string, Outcome, boolean][] = [
  ['openai: a context that is too long, before any content', 'openai', chat, role + TOO_LONG, 'bad_request', true],
  [
    'openai: an answer that is filtered behind content',
    'openai',
    chat,
    role + word + FILTERED,
    'content_blocked',
    true,
  ],
  ['openai: a request beyond the key’s limit', 'openai', chat, TOO_LARGE, 'request_exceeds_key_limit', true],
  [
    'openai: Responses, an image of the caller',
    'openai',
    responses,
    created + failed('invalid_image'),
    'bad_request',
    false,
  ],
  [
    'openai: Responses, a prompt',
    'openai',
    responses,
    created + delta + failed('invalid_prompt'),
    'content_blocked',
    false,
  ],
  [
    'openai: Responses, the vendor',
    'openai',
    responses,
    created + delta + failed('server_error'),
    'server_error',
    false,
  ],
  [
    'anthropic: a prompt that is too long',
    'anthropic',
    messages,
    begun + refused('invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
    'bad_request',
    true,
  ],
  [
    'anthropic: output that is filtered',
    'anthropic',
    messages,
    begun + block + refused('invalid_request_error', 'Output blocked by content filtering policy'),
    'content_blocked',
    true,
  ],
  [
    'google: a request that is wrong',
    'google',
    google,
    candidate + event({ error: { code: 400, message: 'The input token count exceeds', status: 'INVALID_ARGUMENT' } }),
    'bad_request',
    true,
  ],
];

describe.each(CASES)('%s', (_name, provider, open, body, outcome, isThrown) => {
  it.each([
    ['streams', false],
    ['states its length', true],
  ])(
    'is what the report, the pool and the count of calls say at the end of a stream that was returned and %s',
    async (_how, isWhole) => {
      await start(provider, body, isWhole);
      const report = await app.get(RetryExecutorService).execute(provider, open);
      if (!report.success) throw report.error;
      expect(report.attempts.map((attempt) => attempt.outcome)).toEqual(['ok']);
      const events: unknown[] = [];
      const reading = (async () => {
        for await (const each of report.response) events.push(each);
      })();
      // The caller's stream is the SDK's own: what it threw it throws, what it handed on it hands on.
      if (isThrown) await expect(reading).rejects.toThrow();
      else {
        await reading;
        expect(events.at(-1)).toMatchObject({ type: 'response.failed' });
      }

      app.get(KeyPoolService).flushCalls();
      expect(settled).toEqual([outcome]);
      expect(ends).toEqual([{ success: false, end: outcome }]);
      const [attempt] = report.attempts as [AttemptReport];
      expect(attempt.outcome).toBe(outcome);
      expect(attempt.reason).toEqual(expect.any(String));
      expect(server.seen).toHaveLength(1);
      if (outcome === 'server_error') return;
      for (const { status, errorCount } of app.get(KeyPoolService).list(provider))
        expect({ status, errorCount }).toEqual({ status: 'healthy', errorCount: 0 });
    },
  );
});

it('leaves the report of a stream as it is that ended well, or that the caller left', async () => {
  await start('openai', role + word + word + 'data: [DONE]\n\n', false);
  const executor = app.get(RetryExecutorService);
  const read = await executor.executeOpenAi(chat);
  const left = await executor.executeOpenAi(chat);
  if (!read.success || !left.success) throw new Error('a call failed');
  for await (const _each of read.response);
  for await (const _each of left.response) break;
  app.get(KeyPoolService).flushCalls();
  expect(settled.toSorted()).toEqual(['cancelled', 'ok']);
  expect([...read.attempts, ...left.attempts].map((attempt) => attempt.outcome)).toEqual(['ok', 'ok']);
  expect(ends.map(({ success }) => success)).toEqual([true, true]);
});

it('reaches the report of a call that went to a second provider', async () => {
  await start('openai', created + failed('invalid_prompt'), false);
  const executor = app.get(RetryExecutorService);
  const nothing = () => Promise.reject(new Error('never called'));
  const report = await executor.executeFirst<AsyncIterable<unknown>>([
    { provider: 'anthropic', call: nothing },
    { provider: 'openai', call: responses },
  ]);
  if (!report.success) throw report.error;
  for await (const _each of report.response);
  expect(report.attempts).toMatchObject([{ provider: 'openai', outcome: 'content_blocked' }]);
});

describe('a stream that the function reads to its end', () => {
  const textOf = async (via: Via): Promise<string> => {
    let text = '';
    for await (const each of (await responses(via)) as AsyncIterable<{ type: string; delta?: string }>)
      text += each.delta ?? '';
    return text;
  };

  it('is the caller’s, and counted as what the vendor said', async () => {
    await start('openai', created + delta + failed('invalid_image'), false);
    const report = await app.get(RetryExecutorService).executeOpenAi(textOf);
    expect(report).toMatchObject({ success: true, response: 'Hi' });
    expect(report.attempts).toMatchObject([{ outcome: 'bad_request', reason: 'invalid_image: x' }]);
    app.get(KeyPoolService).flushCalls();
    expect([settled, ends]).toEqual([['bad_request'], [{ success: false, end: 'bad_request' }]]);
    for (const { status, errorCount } of app.get(KeyPoolService).list('openai'))
      expect({ status, errorCount }).toEqual({ status: 'healthy', errorCount: 0 });
  });

  it('is a success where no rule knows the error: it may be of the caller’s own making', async () => {
    await start('openai', created + delta + failed('something_new'), false);
    const report = await app.get(RetryExecutorService).executeOpenAi(textOf);
    expect(report).toMatchObject({ success: true, response: 'Hi', attempts: [{ outcome: 'ok' }] });
  });
});
