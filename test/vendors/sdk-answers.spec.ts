import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import type { TestingModule } from '@nestjs/testing';
import OpenAI from 'openai';
import {
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  type CallContext,
  type Outcome,
} from '../../src/key-management';
import { TinyServer } from '../managed-fetch/tiny-server';
import { eachCall } from '../support/each-call';
import { startKeyManagement } from '../support/key-management-app';

/** What the vendor answers: to the first request the failure, to each later one the good answer. */
interface Answer {
  readonly status?: number;
  readonly type?: 'application/json' | 'text/event-stream';
  readonly body: string;
}

type Via = Pick<CallContext, 'apiKey' | 'fetch'>;

const events = (...data: object[]): Answer => ({
  type: 'text/event-stream',
  body: data
    .map((each) => `${'type' in each ? `event: ${String(each.type)}\n` : ''}data: ${JSON.stringify(each)}\n\n`)
    .join(''),
});
const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });

const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 1 } };
const content = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } };
const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
const good = {
  chat: json({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] }),
  response: events(
    { type: 'response.created', response: { id: 'r', status: 'in_progress' } },
    { type: 'response.output_text.delta', delta: 'Hi' },
    { type: 'response.completed', response: { id: 'r', status: 'completed', output: [] } },
  ),
  message: events({ type: 'message_start', message }, block, content, { type: 'message_stop' }),
  google: events({ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] }),
  list: json([{ candidates: [{ content: { parts: [{ text: 'Hi' }] }, finishReason: 'STOP' }] }]),
};

let server: TinyServer;
let app: TestingModule;
let outcomes: Outcome[];

async function start(provider: string, failure: Answer, answer: Answer): Promise<void> {
  server = await TinyServer.start();
  app = await startKeyManagement({
    providers: {
      [provider]: { keys: [1, 2].map((n) => `${provider}-sdk-${n}-0123456789abcdef`), baseUrl: server.origin },
    },
    backoff: { initialMs: 1, maxMs: 2 },
  });
  outcomes = [];
  app.get(KeyPoolService).observe({
    callsOf: () =>
      eachCall({ leaseSettled: (_record, outcome, _ms, source) => void (source === 'call' && outcomes.push(outcome)) }),
  });
  server.seen.length = 0;
  server.answer = (response) => {
    const { status = 200, type = 'application/json', body } = server.seen.length === 1 ? failure : answer;
    response.writeHead(status, { 'content-type': type }).end(body);
  };
}

afterEach(async () => {
  await app.close();
  await server.close();
});

const openai = ({ apiKey, fetch }: Via, path = '/v1') =>
  new OpenAI({ apiKey, baseURL: `${server.origin}${path}`, fetch, maxRetries: 0 });
const anthropic = ({ apiKey, fetch }: Via) => new Anthropic({ apiKey, baseURL: server.origin, fetch, maxRetries: 0 });
const HI = [{ role: 'user' as const, content: 'Hi' }];

const chatAt = (path: string) => async (via: Via) =>
  (await openai(via, path).chat.completions.create({ model: 'm', messages: HI })).choices[0]?.message.content;

async function responses(via: Via): Promise<string> {
  let text = '';
  for await (const event of await openai(via).responses.create({ model: 'm', input: 'Hi', stream: true }))
    if (event.type === 'response.output_text.delta') text += event.delta;
  return text;
}

async function messages(via: Via): Promise<string> {
  let text = '';
  const stream = await anthropic(via).messages.create({ model: 'm', max_tokens: 9, messages: HI, stream: true });
  for await (const event of stream)
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  return text;
}

/** As a caller without an SDK asks: without `alt=sse` the answer is a list. */
async function list({ apiKey, fetch }: Via): Promise<string> {
  const url = `${server.origin}/v1beta/models/m:streamGenerateContent`;
  const response = await fetch(url, { method: 'POST', body: '{}', headers: { 'x-goog-api-key': apiKey } });
  const items = (await response.json()) as { candidates?: { content: { parts: { text: string }[] } }[] }[];
  return items.map(({ candidates }) => candidates?.[0]?.content.parts[0]?.text ?? '').join('');
}

const denied = { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' };
const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' };

/** Provider, the SDK's call, the vendor's failure, its good answer, what the failure is. */
const CASES: [string, string, (via: Via) => Promise<unknown>, Answer, Answer, Outcome][] = [
  [
    'a list that the SDK of OpenAI drops',
    'google',
    chatAt('/v1beta/openai'),
    json([{ error: { ...denied, details: [reason] } }], 400),
    good.chat,
    'invalid_key',
  ],
  [
    'a list that says what a 403 is',
    'google',
    chatAt('/v1beta/openai'),
    json([{ error: { code: 403, message: 'Your API key was reported as leaked.', status: 'PERMISSION_DENIED' } }], 403),
    good.chat,
    'invalid_key',
  ],
  [
    'an error inside a good answer',
    'openai',
    chatAt('/v1'),
    json({
      error: { code: 'insufficient_quota', type: 'insufficient_quota', message: 'You exceeded your current quota' },
    }),
    good.chat,
    'quota_exceeded',
  ],
  [
    'a Responses stream that failed, which the SDK hands on as an event',
    'openai',
    responses,
    events(
      { type: 'response.created', response: { id: 'r', status: 'in_progress' } },
      {
        type: 'response.failed',
        response: { id: 'r', status: 'failed', error: { code: 'insufficient_quota', message: 'x' } },
      },
    ),
    good.response,
    'quota_exceeded',
  ],
  [
    'an error event of the Responses API',
    'openai',
    responses,
    events({ type: 'error', code: 'rate_limit_exceeded', message: 'Rate limit reached', param: null }),
    good.response,
    'rate_limited',
  ],
  [
    'an error event of Anthropic behind its preamble',
    'anthropic',
    messages,
    events(
      { type: 'message_start', message },
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ),
    good.message,
    'overloaded',
  ],
  [
    'a list of Google that is an error',
    'google',
    list,
    json([{ error: { ...denied, details: [reason] } }]),
    good.list,
    'invalid_key',
  ],
];

describe.each(CASES)('%s', (_name, provider, call, failure, answer, outcome) => {
  beforeEach(() => start(provider, failure, answer));

  it('is seen by execute, and another key serves', async () => {
    const report = await app.get(RetryExecutorService).execute(provider, call);
    expect(report).toMatchObject({ success: true, response: 'Hi', attemptsMade: 2 });
    expect(report.attempts.map((attempt) => attempt.outcome)).toEqual([outcome, 'ok']);
  });

  it('is seen by the managed fetch, and another key serves', async () => {
    const fetch = app.get(ManagedFetchService).for(provider);
    expect(await call({ apiKey: 'managed', fetch })).toBe('Hi');
    app.get(KeyPoolService).flushCalls();
    expect(outcomes).toEqual([outcome, 'ok']);
  });
});

describe('a failure behind content', () => {
  const after = (failure: object) => ({
    list: json([{ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }, failure]),
    events: events({ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }, failure),
  });
  const failure = {
    error: { code: 401, message: 'Request had invalid authentication credentials.', status: 'UNAUTHENTICATED' },
  };

  it.each(['list', 'events'] as const)('takes the key out of the pool: %s', async (kind) => {
    await start('google', after(failure)[kind], good.google);
    const fetch = app.get(ManagedFetchService).for('google');
    const response = await fetch(`${server.origin}/v1beta/models/m:streamGenerateContent`, {
      method: 'POST',
      body: '{}',
    });
    expect(await response.text()).toContain('Hi');
    app.get(KeyPoolService).flushCalls();
    expect(outcomes).toEqual(['invalid_key']);
  });

  it('is seen where the SDK of Google streams, and the call goes on with another key', async () => {
    await start('google', after(failure).events, good.google);
    const report = await app.get(RetryExecutorService).execute('google', async ({ apiKey }) => {
      const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.origin } });
      let text = '';
      for await (const chunk of await client.models.generateContentStream({ model: 'm', contents: 'Hi' }))
        text += chunk.text ?? '';
      return text;
    });
    expect(report).toMatchObject({ success: true, response: 'Hi' });
    expect(report.attempts.map(({ outcome }) => outcome)).toEqual(['invalid_key', 'ok']);
  });
});
