import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { ManagedCall } from '../src/key-management';
import type { VendorName } from './cast';

const MODELS: Readonly<Record<VendorName, string>> = {
  openai: 'gpt-5-nano',
  anthropic: 'claude-haiku-4-5',
  google: 'gemini-3.1-flash-lite',
};

const messages = [{ role: 'user' as const, content: 'Hello' }];

/** Asks one question through the official SDK. `maxRetries: 0`, because the package retries with all keys. */
export const ASK: Readonly<Record<VendorName, (baseUrl: string, model?: string) => ManagedCall<string>>> = {
  openai:
    (baseUrl, model = MODELS.openai) =>
    async ({ apiKey, signal }) => {
      const client = new OpenAI({ apiKey, baseURL: `${baseUrl}/v1`, maxRetries: 0 });
      const answer = await client.chat.completions.create({ model, messages }, { signal });
      return answer.choices[0]?.message.content ?? '';
    },
  anthropic:
    (baseURL, model = MODELS.anthropic) =>
    async ({ apiKey, signal }) => {
      const client = new Anthropic({ apiKey, baseURL, maxRetries: 0 });
      const answer = await client.messages.create({ model, max_tokens: 64, messages }, { signal });
      return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
    },
  google:
    (baseUrl, model = MODELS.google) =>
    async ({ apiKey, signal }) => {
      const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
      const answer = await client.models.generateContent({
        model,
        contents: 'Hello',
        config: { abortSignal: signal },
      });
      return answer.text ?? '';
    },
};

/** A streamed answer, read to its end inside the call, so that a stream that breaks is a failed attempt. */
export const streamFromOpenAi =
  (baseUrl: string): ManagedCall<string> =>
  async ({ apiKey, signal }) => {
    const client = new OpenAI({ apiKey, baseURL: `${baseUrl}/v1`, maxRetries: 0 });
    const stream = await client.chat.completions.create({ model: MODELS.openai, messages, stream: true }, { signal });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  };

/** A request that no key can make right: reasoning models refuse `max_tokens`. */
export const askWrongly =
  (baseUrl: string): ManagedCall<unknown> =>
  ({ apiKey, signal }) =>
    new OpenAI({ apiKey, baseURL: `${baseUrl}/v1`, maxRetries: 0 }).chat.completions.create(
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the mistake
      { model: MODELS.openai, messages, max_tokens: 16 },
      { signal },
    );
