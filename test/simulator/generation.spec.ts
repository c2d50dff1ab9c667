import { anthropicSdk, chat, googleSdk, openAiSdk } from './sdk-clients';
import { VendorSimulator } from './vendor-simulator';

let sim: VendorSimulator;
beforeAll(async () => {
  sim = await VendorSimulator.start();
});
afterAll(() => sim.close());
beforeEach(() => sim.reset());

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('OpenAI through its SDK', () => {
  const sdk = () => openAiSdk(sim.openai, sim.openai.newKeys(1)[0] as string);
  const text = 'Hello from openai, gpt-4o.';

  it('lists models and retrieves one', async () => {
    const client = sdk();
    expect((await collect(await client.models.list())).map((model) => model.id)).toContain('gpt-4o');
    expect((await client.models.retrieve('gpt-4o')).id).toBe('gpt-4o');
  });

  it('answers chat completions', async () => {
    const { data, response } = await sdk()
      .chat.completions.create({ model: 'gpt-4o', ...chat })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe(text);
    expect(data.choices[0]?.finish_reason).toBe('stop');
    expect(data.usage?.completion_tokens).toBe(4);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('4999');
  });

  it('stops at the cap of the caller', async () => {
    const answer = await sdk().chat.completions.create({ model: 'gpt-4o', max_tokens: 1, ...chat });
    expect(answer.choices[0]).toMatchObject({ message: { content: 'Hello' }, finish_reason: 'length' });
  });

  it('streams chat completions, with usage only when asked', async () => {
    const request = { model: 'gpt-4o', stream: true, ...chat } as const;
    const plain = await collect(await sdk().chat.completions.create(request));
    expect(plain.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(text);
    expect(plain.filter((chunk) => chunk.choices[0]?.delta.content).length).toBe(4);
    expect(plain.some((chunk) => chunk.usage)).toBe(false);

    const counted = await collect(
      await sdk().chat.completions.create({ ...request, stream_options: { include_usage: true } }),
    );
    expect(counted.at(-1)?.usage?.total_tokens).toBeGreaterThan(4);
  });

  it('answers and streams responses', async () => {
    const client = sdk();
    const whole = await client.responses.create({ model: 'gpt-4o', input: 'Hi' });
    expect(whole.output_text).toBe(text);

    const events = await collect(await client.responses.create({ model: 'gpt-4o', input: 'Hi', stream: true }));
    expect(events[0]?.type).toBe('response.created');
    expect(events.at(-1)?.type).toBe('response.completed');
    expect(events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')).toBe(text);

    const final = await client.responses.stream({ model: 'gpt-4o', input: 'Hi' }).finalResponse();
    expect(final.output_text).toBe(text);
  });

  it('embeds, in the base64 the SDK asks for', async () => {
    const answer = await sdk().embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
    expect(answer.data.map((item) => item.embedding)).toEqual([
      [0.0125, -0.25, 0.5, 0.0625].map(Math.fround),
      [0.0125, -0.25, 0.5, 0.0625].map(Math.fround),
    ]);
  });
});

describe('Anthropic through its SDK', () => {
  const sdk = () => anthropicSdk(sim.anthropic, sim.anthropic.newKeys(1)[0] as string);
  const request = { model: 'claude-haiku-4-5', max_tokens: 64, ...chat };
  const text = 'Hello from anthropic, claude-haiku-4-5.';

  it('lists models', async () => {
    expect((await collect(await sdk().models.list())).length).toBeGreaterThan(0);
  });

  it('answers messages', async () => {
    const { data, response } = await sdk().messages.create(request).withResponse();
    expect(data.content).toMatchObject([{ type: 'text', text }]);
    expect(data.stop_reason).toBe('end_turn');
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('3999');
    expect(response.headers.get('request-id')).toMatch(/^req_011C/);
  });

  it('streams messages', async () => {
    const message = await sdk().messages.stream(request).finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text }]);
    expect(message.usage.output_tokens).toBe(4);
    const events = await collect(await sdk().messages.create({ ...request, stream: true }));
    expect(events.map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      ...Array<string>(4).fill('content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('counts tokens', async () => {
    expect((await sdk().messages.countTokens({ model: 'claude-haiku-4-5', ...chat })).input_tokens).toBeGreaterThan(0);
  });
});

describe('Gemini through its SDK', () => {
  const sdk = () => googleSdk(sim.google, sim.google.newKeys(1)[0] as string);
  const request = { model: 'gemini-3.1-flash-lite', contents: 'Hi' };
  const text = 'Hello from google, gemini-3.1-flash-lite.';

  it('lists models page by page', async () => {
    const names = (await collect(await sdk().models.list({ config: { pageSize: 1 } }))).map((model) => model.name);
    expect(names).toEqual(sim.google.models.map((id) => `models/${id}`));
  });

  it('generates', async () => {
    const answer = await sdk().models.generateContent(request);
    expect(answer.text).toBe(text);
    expect(answer.candidates?.[0]?.finishReason).toBe('STOP');
    const short = await sdk().models.generateContent({ ...request, config: { maxOutputTokens: 1 } });
    expect(short.text).toBe('Hello');
    expect(short.candidates?.[0]?.finishReason).toBe('MAX_TOKENS');
  });

  it('streams', async () => {
    const chunks = await collect(await sdk().models.generateContentStream(request));
    expect(chunks.map((chunk) => chunk.text)).toEqual(['Hello', ' from', ' google,', ' gemini-3.1-flash-lite.']);
  });

  it('streams one JSON array without alt=sse', async () => {
    const [key] = sim.google.newKeys(1);
    const response = await fetch(`${sim.google.baseUrl}/v1beta/models/gemini-x:streamGenerateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': key as string },
      body: JSON.stringify({ contents: [{ parts: [{ text: 'Hi' }] }] }),
    });
    expect(await response.json()).toHaveLength(4);
  });
});

describe('an OpenAI-compatible vendor', () => {
  it('answers under its own name', async () => {
    const groq = sim.compatible('groq');
    const client = openAiSdk(groq, groq.newKeys(1)[0] as string);
    const { data, response } = await client.chat.completions.create({ model: 'llama', ...chat }).withResponse();
    expect(data.choices[0]?.message.content).toBe('Hello from groq, llama.');
    expect(response.headers.get('x-ratelimit-reset-requests')).toBe('2m59.56s');
  });
});
