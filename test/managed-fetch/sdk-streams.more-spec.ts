import Anthropic from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { streamText } from 'ai';
import type { TestingModule } from '@nestjs/testing';
import { KeyPoolService, RetryExecutorService, type CallContext } from '../../src/key-management';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { TinyServer } from './tiny-server';

const event = (data: object, name?: string) => `${name ? `event: ${name}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });

let server: TinyServer;
let app: TestingModule;
let left: Promise<void>;
beforeEach(async () => {
  server = await TinyServer.start();
  app = await startKeyManagement({
    providers: { acme: { compatibleWith: 'openai', keys: [fakeKey('openai', 1)], baseUrl: server.origin } },
    healthCheckDepth: 'light',
  });
});
afterEach(async () => {
  await app.close();
  await server.close();
});

/** Goes on until the reader leaves. */
function endless(first: string, more: string): void {
  server.answer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(first);
    const timer = setInterval(() => response.write(more), 5);
    left = new Promise((resolve) => response.on('close', () => (clearInterval(timer), resolve())));
  };
}

type Open = (context: CallContext) => Promise<AsyncIterable<unknown>>;

describe.each<[string, () => void, Open]>([
  [
    'Anthropic’s SDK',
    () => {
      const message = {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'm',
        content: [],
        usage: { input_tokens: 1, output_tokens: 1 },
      };
      const begin = event({ type: 'message_start', message }, 'message_start');
      const block = event(
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        'content_block_start',
      );
      endless(begin + block, event(delta('hi'), 'content_block_delta'));
    },
    ({ apiKey, signal }) =>
      new Anthropic({ apiKey, baseURL: server.origin, maxRetries: 0 }).messages.create(
        { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], stream: true },
        { signal },
      ),
  ],
  [
    'Google’s SDK',
    () => {
      const chunk = event({ candidates: [{ content: { role: 'model', parts: [{ text: 'hi' }] } }] });
      endless(chunk, chunk);
    },
    ({ apiKey, signal }) =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.origin } }).models.generateContentStream({
        model: 'm',
        contents: 'hi',
        config: { abortSignal: signal },
      }),
  ],
  [
    'the Vercel AI SDK on the context’s fetch',
    () => {
      const chunk = event({ id: 'c', created: 1, model: 'm', choices: [{ index: 0, delta: { content: 'hi' } }] });
      endless(chunk, chunk);
    },
    ({ apiKey, signal, fetch }) => {
      const model = createOpenAI({ apiKey, baseURL: `${server.origin}/v1`, fetch }).chat('m');
      const { textStream } = streamText({
        model,
        prompt: 'hi',
        abortSignal: signal,
        maxRetries: 0,
        onError: () => undefined,
      });
      return Promise.resolve(textStream);
    },
  ],
])('D1: a stream of %s', (_, answer, open) => {
  it.each(['the caller aborts', 'timeoutMs passes'])(
    'ends at the vendor when %s, long after the function returned',
    async (how) => {
      answer();
      const caller = new AbortController();
      const options = how === 'timeoutMs passes' ? { timeoutMs: 2_000 } : { signal: caller.signal };
      const stream = await app.get(RetryExecutorService).executeOrThrow('acme', open, options);
      let read = 0;
      try {
        for await (const part of stream) if (part !== undefined && ++read === 3) caller.abort();
      } catch (error) {
        expect(String(error)).toMatch(/abort|time/i);
      }
      await left;
      expect(read).toBeGreaterThanOrEqual(3);
      expect(app.get(KeyPoolService).list('acme')[0]!.inFlight).toBe(0);
    },
  );
});
