import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Behaviour } from '../../src/key-management/testing/simulator';
import { rawCall } from './raw-calls';
import { anthropicSdk, chat, failureOf, googleSdk, openAiSdk } from './sdk-clients';
import { VendorSimulator } from './vendor-simulator';

let sim: VendorSimulator;
let timers: { run: () => void; ms: number }[] = [];
beforeAll(async () => {
  sim = await VendorSimulator.start({
    setTimer: (run, ms) => {
      const timer = { run, ms };
      timers.push(timer);
      return () => (timers = timers.filter((other) => other !== timer));
    },
  });
});
afterAll(() => sim.close());
beforeEach(() => {
  timers = [];
  sim.reset();
});

/** The text of a stream and what it ended with. */
async function read(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<{ text: string; error?: unknown }> {
  let text = '';
  try {
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return { text };
  } catch (error) {
    return { text, error };
  }
}

const openAiStream = (...behaviours: Behaviour[]) =>
  openAiSdk(sim.openai, sim.openai.key('sk-faulty', ...behaviours)).chat.completions.create({
    model: 'gpt-4o',
    stream: true,
    ...chat,
  });

describe('a stream that is cut off', () => {
  it.each([
    ['headers', ''],
    ['before_content', ''],
    [2, 'Hello from'],
  ] as const)('after %s', async (after, text) => {
    const result = await read(await openAiStream({ kind: 'cutOff', after }));
    expect(result.text).toBe(text);
    expect(result.error).toMatchObject({ message: 'terminated' });
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.last).toMatchObject({ outcome: 'cutOff', status: 200, aborted: false });
  });

  it('or ended politely, without its closing event', async () => {
    expect(await read(await openAiStream({ kind: 'cutOff', after: 2, how: 'end' }))).toEqual({ text: 'Hello from' });
  });

  it('or reset', async () => {
    const { error } = await read(await openAiStream({ kind: 'cutOff', after: 1, how: 'reset' }));
    expect(error).toMatchObject({ message: 'terminated' });
  });

  it('and so is a whole answer, halfway', async () => {
    const key = sim.google.key('AQ.cut', { kind: 'cutOff' });
    const failed = googleSdk(sim.google, key).models.generateContent({ model: 'gemini-x', contents: 'Hi' });
    expect(await failureOf(failed)).toMatchObject({ message: 'terminated' });
  });
});

describe('an error inside a 200 stream', () => {
  it('OpenAI chat, before and after content', async () => {
    for (const [after, text] of [
      [0, ''],
      [2, 'Hello from'],
    ] as const) {
      const result = await read(await openAiStream({ kind: 'streamError', event: 'quota', after }));
      expect(result.text).toBe(text);
      expect(result.error).toBeInstanceOf(OpenAI.APIError);
      expect(result.error).toMatchObject({ code: 'insufficient_quota' });
    }
  });

  it('OpenAI responses, in both shapes', async () => {
    for (const [form, type] of [
      ['flat', '"type":"error","code":"insufficient_quota"'],
      [undefined, 'event: response.failed'],
    ] as const) {
      const key = sim.openai.key('sk-faulty', { kind: 'streamError', event: 'quota', form });
      expect(await (await rawCall(sim.openai, key, { surface: 'responses', stream: true })).text()).toContain(type);
    }
  });

  it('Anthropic', async () => {
    const key = sim.anthropic.key('sk-ant-faulty', { kind: 'streamError', event: 'overloaded', after: 1 });
    const stream = anthropicSdk(sim.anthropic, key).messages.stream({ model: 'claude-x', max_tokens: 9, ...chat });
    const error = await failureOf(stream.finalMessage());
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ type: 'overloaded_error' });
  });

  it('Gemini', async () => {
    const key = sim.google.key('AQ.faulty', { kind: 'streamError', event: 'overloaded' });
    const stream = await googleSdk(sim.google, key).models.generateContentStream({ model: 'gemini-x', contents: 'Hi' });
    const drain = async (): Promise<void> => {
      for await (const chunk of stream) expect(chunk.text).toBeUndefined();
    };
    expect(await failureOf(drain())).toMatchObject({ status: 503 });
  });
});

describe('a client that leaves', () => {
  it('is noticed while the vendor hangs', async () => {
    const controller = new AbortController();
    const key = sim.openai.key('sk-hangs', { kind: 'hang' });
    const failed = failureOf(rawCall(sim.openai, key, { signal: controller.signal }));
    await sim.openai.calls.waitForCalls(1);
    expect(sim.openai.inFlight).toBe(1);
    controller.abort();
    expect(await failed).toMatchObject({ name: 'AbortError' });
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.last).toMatchObject({ outcome: 'hang', status: undefined, aborted: true, done: true });
    expect(sim.openai.calls.forKey(key)).toMatchObject({ total: 1, aborted: 1, inFlight: 0, peakInFlight: 1 });
  });

  it('is noticed in the middle of a stream', async () => {
    const stream = await openAiStream({ kind: 'stall', after: 1 });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    await sim.openai.calls.waitForIdle();
    expect(sim.openai.calls.last).toMatchObject({ outcome: 'stall', status: 200, aborted: true });
  });

  it('ends the latency it was waiting for', async () => {
    const controller = new AbortController();
    const key = sim.openai.key('sk-slow', { kind: 'slow', latencyMs: 60_000 });
    const failed = failureOf(rawCall(sim.openai, key, { signal: controller.signal }));
    await sim.openai.calls.waitForCalls(1);
    expect(timers.map((timer) => timer.ms)).toEqual([60_000]);
    controller.abort();
    await failed;
    await sim.openai.calls.waitForIdle();
    expect(timers).toEqual([]);
  });
});

describe('a slow key', () => {
  it('answers when its time has come', async () => {
    const key = sim.openai.key('sk-slow', { kind: 'slow', latencyMs: 700 });
    const pending = rawCall(sim.openai, key);
    await sim.openai.calls.waitForCalls(1);
    expect(sim.openai.calls.last?.status).toBeUndefined();
    timers.shift()?.run();
    expect((await pending).status).toBe(200);
  });

  it('streams at its pace', async () => {
    const stream = await openAiStream({ kind: 'slow', firstChunkMs: 400, betweenChunksMs: 30 });
    expect(timers.map((timer) => timer.ms)).toEqual([400]);
    let chunks = 0;
    const reading = (async () => {
      for await (const _chunk of stream) chunks += 1;
    })();
    while (sim.openai.inFlight > 0) {
      timers.shift()?.run();
      await new Promise(setImmediate);
    }
    await reading;
    expect(chunks).toBe(6);
  });
});

describe('answers that are none', () => {
  it.each([
    ['invalid_json', /undefined/],
    ['truncated', /^\{"id"/],
    ['empty', /^$/],
    ['wrong_content_type', /Hello/],
    ['giant', /^\{"padding":"x{1000}",/],
  ] as const)('%s', async (as, body) => {
    const key = sim.openai.key('sk-odd', { kind: 'malformed', as, bytes: 1000 });
    const response = await rawCall(sim.openai, key);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(as === 'wrong_content_type' ? /html/ : /json/);
    expect(await response.text()).toMatch(body);
  });
});
