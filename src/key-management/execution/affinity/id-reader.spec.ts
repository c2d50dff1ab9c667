import { vendorOf } from '../../vendors/vendor-of';
import { anthropic } from '../../vendors/anthropic/anthropic';
import { google } from '../../vendors/google/google';
import { openai } from '../../vendors/openai/openai';
import { idReader } from './id-reader';

const reader = (profile: Parameters<typeof vendorOf>[0]) => idReader(vendorOf(profile).boundIds!);
const VENDORS = {
  openai: reader(openai),
  anthropic: reader(anthropic),
  google: reader(google),
  acme: reader({ name: 'acme' }),
};
type Name = keyof typeof VENDORS;

const named = (name: Name, path: string, body?: unknown): string[] =>
  VENDORS[name]
    .named({ path, body: typeof body === 'object' ? JSON.stringify(body) : body })
    .map(({ kind, id }) => `${kind} ${id}`);

describe('the ids that a request names', () => {
  it.each<[Name, string, unknown, string[]]>([
    ['openai', '/v1/responses/resp_1', undefined, ['response resp_1']],
    ['openai', '/v1/responses/resp_1/cancel', undefined, ['response resp_1']],
    ['openai', '/v1/responses/compact', { input: 'x' }, []],
    ['openai', '/v1/responses', { previous_response_id: 'resp_1' }, ['response resp_1']],
    ['openai', '/v1/responses', { conversation: 'conv_1' }, ['conversation conv_1']],
    ['openai', '/v1/responses', { conversation: { id: 'conv_1' } }, ['conversation conv_1']],
    ['openai', '/openai/v1/files/assistant-1/content', undefined, ['file assistant-1']],
    ['openai', '/v1/batches', { input_file_id: 'file-1' }, ['file file-1']],
    ['openai', '/v1/uploads/upload_1/parts', undefined, ['upload upload_1']],
    ['openai', '/v1/vector_stores/vs_1/files', { file_id: 'file-1' }, ['vector store vs_1', 'file file-1']],
    [
      'openai',
      '/v1/chat/completions',
      { m: [{ file: { file_id: 'file-1' } }, { file_id: 'file-1' }] },
      ['file file-1'],
    ],
    [
      'openai',
      '/v1/responses',
      { tools: [{ vector_store_ids: ['vs_1', 'vs_2'] }, { container: { type: 'auto', file_ids: ['file-3'] } }] },
      ['file file-3', 'vector store vs_1', 'vector store vs_2'],
    ],
    ['openai', '/v1/fine_tuning/jobs/ftjob-1/events', undefined, ['fine-tuning job ftjob-1']],
    ['anthropic', '/v1/messages', { source: { type: 'file', file_id: 'file_1' } }, ['file file_1']],
    ['anthropic', '/v1/messages', { container: 'container_1' }, ['container container_1']],
    ['anthropic', '/v1/messages/batches/msgbatch_1/results', undefined, ['message batch msgbatch_1']],
    ['google', '/v1beta/files/abc:download', undefined, ['file abc']],
    ['google', '/v1beta/models/veo-3/operations/op1', undefined, ['operation op1']],
    ['google', '/v1beta/batches/b1:cancel', undefined, ['batch b1']],
    [
      'google',
      '/v1beta/models/gemini:generateContent',
      {
        contents: [
          { parts: [{ fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc' } }] },
        ],
        cachedContent: 'cachedContents/c1',
      },
      ['file abc', 'cached content c1'],
    ],
    ['google', '/v1beta/interactions', { previous_interaction_id: 'v1_x' }, ['interaction v1_x']],
    ['acme', '/v1/files/0b1c', undefined, ['file 0b1c']],
  ])('%s %s %j', (name, path, body, ids) => {
    expect(named(name, path, body).sort()).toEqual(ids.sort());
  });

  it.each<[string, Name, string, unknown]>([
    ['a plain call', 'openai', '/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['a prompt that quotes a field', 'openai', '/v1/responses', { input: '{"previous_response_id":"resp_1"}' }],
    ['a text where an id has a form', 'openai', '/v1/chat/completions', { metadata: { file_id: 'my notes' } }],
    ['a schema of a tool', 'openai', '/v1/responses', { tools: [{ properties: { file_id: { type: 'string' } } }] }],
    ['a video of the web', 'google', '/v1beta/models/g:generateContent', { fileUri: 'https://youtube.example/watch' }],
    ['a collection alone', 'openai', '/v1/files', undefined],
    ['another path that ends alike', 'openai', '/v1/profiles/file-1', undefined],
  ])('are none: %s', (_, name, path, body) => {
    expect(named(name, path, body)).toEqual([]);
  });

  it('are read from bytes, too', () => {
    const body = new TextEncoder().encode('{"previous_response_id":"resp_1"}');
    expect(named('openai', '/v1/responses', '')).toEqual([]);
    for (const given of [body, body.buffer])
      expect(VENDORS.openai.named({ path: '/v1/responses', body: given })).toEqual([
        { kind: 'response', id: 'resp_1' },
      ]);
  });
});

describe('the ids that an answer tells', () => {
  const told = (name: Name, path: string, answer: object | string, body?: object): string[] | undefined => {
    const telling = VENDORS[name].telling({ path, body: body && JSON.stringify(body) });
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return telling && VENDORS[name].told(telling, text).map(({ kind, id }) => `${kind} ${id}`);
  };

  it.each<[Name, string, object | string, object | undefined, string[]]>([
    ['openai', '/v1/responses', { id: 'resp_1', output: [{ id: 'msg_1' }] }, undefined, ['response resp_1']],
    [
      'openai',
      '/v1/responses',
      'event: x\ndata: {"response":{"id":"resp_1","object"',
      { stream: true },
      ['response resp_1'],
    ],
    [
      'openai',
      '/v1/files',
      { object: 'list', data: [{ id: 'file-1' }, { id: 'file-2' }] },
      undefined,
      ['file file-1', 'file file-2'],
    ],
    [
      'openai',
      '/v1/batches/batch_1',
      { id: 'batch_1', output_file_id: 'file-2' },
      undefined,
      ['file file-2', 'batch batch_1'],
    ],
    [
      'openai',
      '/v1/uploads/upload_1/complete',
      { id: 'upload_1', file: { id: 'file-1' } },
      undefined,
      ['upload upload_1', 'file file-1'],
    ],
    [
      'openai',
      '/v1/vector_stores/vs_1/files',
      { id: 'file-1', vector_store_id: 'vs_1' },
      undefined,
      ['vector store vs_1', 'file file-1'],
    ],
    [
      'anthropic',
      '/v1/messages',
      { id: 'msg_1', container: { id: 'container_1' } },
      { tools: [{ type: 'code_execution_20250825' }] },
      ['container container_1'],
    ],
    ['google', '/v1beta/cachedContents', { name: 'cachedContents/c1' }, undefined, ['cached content c1']],
    [
      'google',
      '/v1beta/models/veo:predictLongRunning',
      { name: 'models/veo/operations/op1' },
      undefined,
      ['operation op1'],
    ],
    [
      'google',
      '/upload/v1beta/files',
      { file: { name: 'files/abc', uri: 'https://h/v1beta/files/abc' } },
      undefined,
      ['file abc'],
    ],
    ['google', '/v1beta/models/g:batchGenerateContent', { name: 'batches/b1' }, undefined, ['batch b1']],
    ['acme', '/v1/files', { id: '0b1c', owner: { id: 'x' } }, undefined, ['file 0b1c']],
  ])('%s %s %j %j', (name, path, answer, body, ids) => {
    expect(told(name, path, answer, body)?.sort()).toEqual(ids.sort());
  });

  it.each<[string, Name, string, object | undefined]>([
    ['a chat', 'openai', '/v1/chat/completions', { messages: [] }],
    ['a response that is not stored', 'openai', '/v1/responses', { input: 'x', store: false }],
    ['a message without a container', 'anthropic', '/v1/messages', { messages: [] }],
    ['generated content', 'google', '/v1beta/models/g:generateContent', { contents: [] }],
  ])('are not looked for in %s', (_, name, path, body) => {
    expect(told(name, path, {}, body)).toBeUndefined();
  });
});
