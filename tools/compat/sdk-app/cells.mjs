// How each SDK is used: by the files of examples/sdks, which are compiled into a folder beside this file, and by what they have no file
// for. `managed` makes the client on the managed fetch; `own` makes it with the key of `execute`, and with its fetch if that is given.
const openAiBase = (vendor) => `${vendor.baseUrl}/v1`;

/** A cell imports its SDK alone, so that one that does not load fails alone. */
export const CELLS = {
  async openai() {
    const { default: OpenAI } = await import('openai');
    const { openAi, ask, stream } = await import('./examples/openai.js');
    return {
      vendor: 'openai',
      managed: (managed, vendor) => openAi(managed, openAiBase(vendor)),
      own: ({ apiKey, fetch }, vendor) => new OpenAI({ apiKey, fetch, baseURL: openAiBase(vendor), maxRetries: 0 }),
      ask,
      stream,
    };
  },
  async 'openai responses'() {
    const cell = await CELLS.openai();
    const request = { model: 'gpt-5-nano', input: 'Hi' };
    return {
      ...cell,
      ask: async (client) => (await client.responses.create(request)).output_text,
      async *stream(client, _question, signal) {
        for await (const event of await client.responses.create({ ...request, stream: true }, { signal }))
          if (event.type === 'response.output_text.delta') yield event.delta;
      },
    };
  },
  async '@anthropic-ai/sdk'() {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const { anthropic, ask, stream } = await import('./examples/anthropic.js');
    return {
      vendor: 'anthropic',
      managed: (managed, { baseUrl }) => anthropic(managed, baseUrl),
      own: ({ apiKey, fetch }, { baseUrl }) => new Anthropic({ apiKey, fetch, baseURL: baseUrl, maxRetries: 0 }),
      ask,
      stream,
    };
  },
  async '@google/genai'() {
    const { GoogleGenAI } = await import('@google/genai');
    const { google, ask, stream } = await import('./examples/google.js');
    return {
      vendor: 'google',
      managed: (managed, { baseUrl }) => google(managed, baseUrl),
      own: ({ apiKey, fetch }, { baseUrl }) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl, fetch } }),
      ask,
      stream,
    };
  },
  async '@ai-sdk/openai'() {
    const { createOpenAI } = await import('@ai-sdk/openai');
    const { vercelAi, ask, stream } = await import('./examples/vercel-ai.js');
    return {
      vendor: 'openai',
      managed: (managed, vendor) => vercelAi(managed, openAiBase(vendor))('gpt-5-nano'),
      own: ({ apiKey, fetch }, vendor) => createOpenAI({ apiKey, fetch, baseURL: openAiBase(vendor) })('gpt-5-nano'),
      ask,
      stream,
    };
  },
  async '@ai-sdk/anthropic'() {
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    const { ask, stream } = await import('./examples/vercel-ai.js');
    const own = ({ apiKey, fetch }, { baseUrl }) =>
      createAnthropic({ apiKey, fetch, baseURL: `${baseUrl}/v1` })('claude-haiku-4-5');
    const managed = (service, vendor) => own({ apiKey: 'managed', fetch: service.for('anthropic') }, vendor);
    return { vendor: 'anthropic', managed, own, ask, stream };
  },
  async '@ai-sdk/google'() {
    const { createGoogle } = await import('@ai-sdk/google');
    const { ask, stream } = await import('./examples/vercel-ai.js');
    const own = ({ apiKey, fetch }, { baseUrl }) =>
      createGoogle({ apiKey, fetch, baseURL: `${baseUrl}/v1beta` })('gemini-3.1-flash-lite');
    const managed = (service, vendor) => own({ apiKey: 'managed', fetch: service.for('google') }, vendor);
    return { vendor: 'google', managed, own, ask, stream };
  },
  async '@langchain/openai'() {
    const { ChatOpenAI } = await import('@langchain/openai');
    const { langChain, ask, stream } = await import('./examples/langchain.js');
    return {
      vendor: 'openai',
      managed: (managed, vendor) => langChain(managed, openAiBase(vendor)),
      own: ({ apiKey, fetch }, vendor) =>
        new ChatOpenAI({
          apiKey,
          model: 'gpt-5-nano',
          maxRetries: 0,
          configuration: { baseURL: openAiBase(vendor), fetch },
        }),
      ask,
      stream,
    };
  },
  async langchain() {
    const { createAgent } = await import('langchain');
    const cell = await CELLS['@langchain/openai']();
    const agent = (model) => createAgent({ model, tools: [] });
    const input = { messages: [{ role: 'user', content: 'Hi' }] };
    return {
      ...cell,
      managed: (...args) => agent(cell.managed(...args)),
      own: (...args) => agent(cell.own(...args)),
      ask: async (client) => (await client.invoke(input)).messages.at(-1).text,
      async *stream(client, _question, signal) {
        for await (const [chunk] of await client.stream(input, { streamMode: 'messages', signal })) yield chunk.text;
      },
    };
  },
};
