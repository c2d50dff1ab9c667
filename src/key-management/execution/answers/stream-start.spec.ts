import { vendorOf } from '../../vendors/vendor-of';
import { eventKind, StreamStart } from './stream-start';

const { streamBeginning } = vendorOf({
  name: 'acme',
  streamBeginning: { preamble: ['acme.start'], begun: ['acme.begun'] },
});

const kind = (data: unknown, name?: string) =>
  eventKind({ event: name, data: typeof data === 'string' ? data : JSON.stringify(data) }, streamBeginning);
const chat = (delta: object | undefined, more: object = {}) => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

describe('eventKind', () => {
  it.each<[string, unknown]>([
    ['the role alone', chat({ role: 'assistant', content: '', refusal: null })],
    ['the role alone, without content', chat({ role: 'assistant' })],
    ['an empty delta', chat({})],
    ["Azure's filter results", { choices: [], prompt_filter_results: [{}] }],
    ['response.in_progress', { type: 'response.in_progress', response: { error: null } }],
    ['message_start', { type: 'message_start', message: { content: [] } }],
    ['content_block_start', { type: 'content_block_start', content_block: { type: 'text', text: '' } }],
    ['a Google chunk without parts', { candidates: [{ content: { role: 'model' } }], usageMetadata: {} }],
    ["what a vendor's own profile says", { type: 'acme.start' }],
    ['Google usage alone', { usageMetadata: {}, modelVersion: 'gemini' }],
  ])('takes %s for preamble', (_, data) => {
    expect(kind(data)).toBe('preamble');
  });

  it('tells a ping and the beginning of a work with an id from other preamble', () => {
    expect(kind({ type: 'ping' })).toBe('ping');
    expect(kind({ type: 'response.created', response: { status: 'in_progress', error: null } })).toBe('begun');
    expect(kind({ type: 'acme.begun' })).toBe('begun');
    expect(kind({ type: 'response.queued', response: { status: 'queued' } })).toBe('begun');
  });

  it.each<[string, unknown]>([
    ['text', chat({ content: 'Hi' })],
    ['reasoning', chat({ reasoning_content: 'Hm' })],
    ['a tool call', chat({ tool_calls: [{ index: 0 }] })],
    ['an end without a word', chat({}, { finish_reason: 'stop' })],
    ['text of a completion', { choices: [{ text: 'Hi', finish_reason: null }] }],
    ['[DONE]', '[DONE]'],
    ['a Responses delta', { type: 'response.output_text.delta', delta: 'Hi' }],
    ['an Anthropic delta', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } }],
    ['Google parts', { candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }],
    ['a blocked prompt', { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: {} }],
    ['a Google end', { candidates: [{ finishReason: 'SAFETY' }] }],
    ['what nobody knows', { something: 'else' }],
    ['plain text', 'hello'],
  ])('takes %s for content', (_, data) => {
    expect(kind(data)).toBe('content');
  });

  it.each<[string, unknown, string | undefined]>([
    ['OpenAI', { error: { code: 'insufficient_quota', message: 'x' } }, undefined],
    ['Responses', { type: 'response.failed', response: { error: { code: 'server_error' } } }, undefined],
    ['flat', { type: 'error', code: 'rate_limit_exceeded', message: 'x' }, undefined],
    ['Anthropic', { type: 'error', error: { type: 'overloaded_error' } }, undefined],
    ['Google', { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }, undefined],
    ["a gateway's", { message: 'x' }, 'error'],
  ])('takes an error event for one (%s)', (_, data, name) => {
    expect(kind(data, name)).toBe('error');
  });
});

describe('StreamStart', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('holds until content comes', () => {
    const start = new StreamStart(streamBeginning);
    expect(start.push(bytes('data: {"type":"message_start"}\n\ndata: {"type":"ping"}\n\n'))).toEqual({ state: 'held' });
    expect(start.push(bytes('data: {"type":"content_block_de'))).toEqual({ state: 'held' });
    expect(start.push(bytes('lta"}\n\n'))).toEqual({ state: 'open' });
  });

  it.each([
    ['a comment', [': PROCESSING\n\n']],
    ['a ping before anything else', ['event: ping\ndata: {"type":"ping"}\n\n']],
    [
      'a second ping of Anthropic',
      ['data: {"type":"message_start"}\n\ndata: {"type":"ping"}\n\n', 'data: {"type":"ping"}\n\n'],
    ],
  ])('D7: tells that the vendor keeps a stream alive: %s', (_, chunks) => {
    const start = new StreamStart(streamBeginning);
    const states = chunks.map((chunk) => start.push(bytes(chunk)).state);
    expect(states.at(-1)).toBe('waiting');
    expect(start.push(bytes('data: {"error":{"code":"x"}}\n\n'))).toMatchObject({ state: 'failed' });
  });

  it('D7: opens at the beginning of a work in the background alone', () => {
    const created = bytes('data: {"type":"response.created","response":{"id":"resp_1"}}\n\n');
    expect(new StreamStart(streamBeginning, true).push(created)).toEqual({ state: 'open' });
    expect(new StreamStart(streamBeginning, false).push(created)).toEqual({ state: 'held' });
    expect(new StreamStart(streamBeginning, true).push(bytes('data: {"error":{"code":"x"}}\n\n'))).toMatchObject({
      state: 'failed',
    });
  });

  it('tells an error before content, and not one after it', () => {
    expect(new StreamStart(streamBeginning).push(bytes('data: {"error":{"code":"x"}}\n\n'))).toMatchObject({
      state: 'failed',
    });
    expect(new StreamStart(streamBeginning).push(bytes('data: hi\n\ndata: {"error":{"code":"x"}}\n\n'))).toEqual({
      state: 'open',
    });
  });

  it('tells an error that is cut off before its blank line', () => {
    const start = new StreamStart(streamBeginning);
    expect(start.push(bytes('data: {"error":{"code":"x"}}'))).toEqual({ state: 'held' });
    expect(start.end()).toMatchObject({ state: 'failed' });
  });

  it('hands on a line that never ends at its bound', () => {
    const start = new StreamStart(streamBeginning);
    const states = Array.from({ length: 66 }, () => start.push(bytes('x'.repeat(1_000))).state);
    expect(states.slice(0, 64)).toEqual(Array.from({ length: 64 }, () => 'held'));
    expect(states.at(-1)).toBe('open');
  });

  it('holds back no more than its bound', () => {
    const start = new StreamStart(streamBeginning);
    expect(start.push(bytes(`data: {"type":"message_start","x":"${'x'.repeat(60_000)}"}\n\n`))).toEqual({
      state: 'held',
    });
    expect(start.push(bytes(`: ${'x'.repeat(10_000)}\n\n`))).toEqual({ state: 'open' });
  });
});
