import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { APICallError, generateText, streamText } from 'ai';
import { failureOf } from './sdk-clients';
import { VendorSimulator } from './vendor-simulator';

let sim: VendorSimulator;
let key: string;
beforeAll(async () => {
  sim = await VendorSimulator.start();
});
afterAll(() => sim.close());
beforeEach(() => {
  sim.reset();
  [key] = sim.openai.newKeys(1) as [string];
});

const text = 'Hello from openai, gpt-4o.';

describe('vercel/ai with @ai-sdk/openai', () => {
  const provider = () => createOpenAI({ apiKey: key, baseURL: `${sim.openai.baseUrl}/v1` });

  it.each(['chat', 'responses'] as const)('generates and streams through %s', async (surface) => {
    const model = provider()[surface]('gpt-4o');
    expect((await generateText({ model, prompt: 'Hi', maxRetries: 0 })).text).toBe(text);
    const streamed = streamText({ model, prompt: 'Hi', maxRetries: 0 });
    expect(await streamed.text).toBe(text);
    expect((await streamed.usage).outputTokens).toBe(4);
  });

  it('throws its own error with the body of the vendor', async () => {
    sim.openai.key(key, { kind: 'exhausted' });
    const error = await failureOf(generateText({ model: provider().chat('gpt-4o'), prompt: 'Hi', maxRetries: 0 }));
    expect(APICallError.isInstance(error) && error.statusCode).toBe(429);
    expect((error as APICallError).responseBody).toContain('insufficient_quota');
  });

  it('sees an error inside a 200 stream', async () => {
    sim.openai.key(key, { kind: 'streamError', event: 'quota' });
    const errors: unknown[] = [];
    const streamed = streamText({
      model: provider().responses('gpt-4o'),
      prompt: 'Hi',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    await streamed.consumeStream();
    expect(JSON.stringify(errors)).toContain('insufficient_quota');
  });
});

describe('@langchain/openai', () => {
  const model = () =>
    new ChatOpenAI({
      apiKey: key,
      model: 'gpt-4o',
      maxRetries: 0,
      configuration: { baseURL: `${sim.openai.baseUrl}/v1` },
    });

  it('generates and streams', async () => {
    expect((await model().invoke('Hi')).content).toBe(text);
    const pieces: string[] = [];
    for await (const chunk of await model().stream('Hi')) pieces.push(chunk.text);
    expect(pieces.join('')).toBe(text);
  });

  it('fails with the status of the vendor', async () => {
    sim.openai.forget(key);
    expect(await failureOf(model().invoke('Hi'))).toMatchObject({ status: 401 });
  });
});
