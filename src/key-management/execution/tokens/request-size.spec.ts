import fc from 'fast-check';
import { requestSize, type RequestSize } from './request-size';

const sizeOf = (body: unknown): RequestSize => {
  const text = JSON.stringify(body);
  const size = requestSize(text);
  // Bytes say the same.
  expect(requestSize(new TextEncoder().encode(text))).toEqual(size);
  return size;
};
const FILE = Buffer.alloc(30_000, 7).toString('base64');
const hello = [{ role: 'user', content: 'Hello' }];

describe('the most that an answer may have', () => {
  it.each<[string, unknown, number | undefined]>([
    ['OpenAI’s chat', { model: 'm', messages: hello, max_completion_tokens: 500 }, 500],
    ['its older name', { max_tokens: 64, messages: hello }, 64],
    ['both names', { max_tokens: 64, max_completion_tokens: 128 }, 128],
    ['OpenAI’s responses', { input: 'Hello', max_output_tokens: 7 }, 7],
    ['Google', { contents: [{ parts: [{ text: 'Hi' }] }], generationConfig: { maxOutputTokens: 99 } }, 99],
    ['Bedrock', { messages: [], inferenceConfig: { maxTokens: 12 } }, 12],
    ['Ollama', { messages: [], options: { num_predict: 5 } }, 5],
    ['nothing', { messages: hello }, undefined],
    ['null', { max_tokens: null }, undefined],
    ['a text', { max_tokens: '12' }, undefined],
    ['no whole number', { max_tokens: 1.5 }, undefined],
    [
      'a tool’s own field',
      { tools: [{ input_schema: { properties: { max_tokens: { type: 'integer' } } } }] },
      undefined,
    ],
    ['a call of a tool', { messages: [{ content: [{ type: 'tool_use', input: { max_tokens: 5 } }] }] }, undefined],
    ['an object beside it', { metadata: { max_tokens: 5 }, max_tokens: 6 }, 6],
    ['a prompt that writes of it', { messages: [{ content: '{"max_tokens": 9}' }], max_tokens: 3 }, 3],
    ['a prompt with quotes and backslashes', { a: '\\"', b: '\\', c: '"}]', max_tokens: 8 }, 8],
  ])('is read of %s', (_, body, most) => {
    expect(sizeOf(body).maxOutput).toBe(most);
  });

  it('is read of a body with blanks', () => {
    expect(requestSize('{\n  "max_tokens" :\t 40 }').maxOutput).toBe(40);
  });

  it('is what a parser would find, whatever else the body holds', () => {
    const telling = new Set(['max_tokens', 'generationConfig', 'options', 'inferenceConfig']);
    const name = fc.string().filter((each) => !telling.has(each));
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue()), fc.nat(1_000_000), (rest, most) => {
        expect(sizeOf({ ...rest, max_tokens: most }).maxOutput).toBe(most);
      }),
    );
  });
});

describe('the text of a request', () => {
  it('is all of it, in bytes, where no file is in it', () => {
    const body = { messages: [{ content: 'Grüße, 你好' }] };
    expect(sizeOf(body)).toMatchObject({ textBytes: Buffer.byteLength(JSON.stringify(body)), files: 0 });
  });

  it.each<[string, unknown]>([
    ['Anthropic', { source: { type: 'base64', media_type: 'image/png', data: FILE } }],
    ['OpenAI', { type: 'image_url', image_url: { url: `data:image/png;base64,${FILE}` } }],
    ['OpenAI’s sounds', { type: 'input_audio', input_audio: { data: FILE, format: 'wav' } }],
    [
      'OpenAI’s documents',
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${FILE}` } },
    ],
    ['Google', { inlineData: { mimeType: 'image/png', data: FILE } }],
    ['Ollama', { role: 'user', content: 'what is this?', images: [FILE] }],
  ])('does not count a file of %s', (_, part) => {
    const { textBytes, files } = sizeOf({ messages: [{ role: 'user', content: [part] }] });
    expect(files).toBe(1);
    expect(textBytes).toBeLessThan(250);
  });

  it('counts long text, also where it has no blanks, and where it is base64 that somebody asks about', () => {
    for (const content of ['word '.repeat(500), '这是一个问题'.repeat(200), `decode ${FILE}`, FILE])
      expect(sizeOf({ messages: [{ role: 'user', content }] })).toMatchObject({ files: 0 });
  });

  it('is what cannot be read as JSON, too', () => {
    for (const broken of ['', '"', '{"a', '}{', 'key=value', '{"max_tokens": 5', '\\"'])
      expect(requestSize(broken).textBytes).toBe(broken.length);
  });
});
