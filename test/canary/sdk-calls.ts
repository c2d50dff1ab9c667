import Anthropic from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { generateText } from 'ai';
import axios from 'axios';
import OpenAI from 'openai';
import { request } from 'undici';
import type { CallContext } from '../../src/key-management';

const messages = [{ role: 'user' as const, content: 'hi' }];
export const PROVIDERS = ['openai', 'anthropic', 'google'] as const;
type Call = (context: CallContext, origin: string) => Promise<unknown>;

const read = async (stream: AsyncIterable<unknown>): Promise<void> => {
  for await (const part of stream) void part;
};
const chat = (origin: string) => `${origin}/v1/chat/completions`;

/** A call by each SDK and HTTP client, with the key of its context, to a vendor of that origin. */
export const CALLS: Record<string, [provider: (typeof PROVIDERS)[number], call: Call]> = {
  openai: [
    'openai',
    ({ apiKey }, origin) =>
      new OpenAI({ apiKey, baseURL: `${origin}/v1`, maxRetries: 0 }).chat.completions.create({ model: 'm', messages }),
  ],
  'openai, streaming': [
    'openai',
    async ({ apiKey }, origin) =>
      read(
        await new OpenAI({ apiKey, baseURL: `${origin}/v1`, maxRetries: 0 }).chat.completions.create({
          model: 'm',
          messages,
          stream: true,
        }),
      ),
  ],
  anthropic: [
    'anthropic',
    ({ apiKey }, baseURL) =>
      new Anthropic({ apiKey, baseURL, maxRetries: 0 }).messages.create({ model: 'm', max_tokens: 1, messages }),
  ],
  'anthropic, streaming': [
    'anthropic',
    async ({ apiKey }, baseURL) =>
      read(
        await new Anthropic({ apiKey, baseURL, maxRetries: 0 }).messages.create({
          model: 'm',
          max_tokens: 1,
          messages,
          stream: true,
        }),
      ),
  ],
  google: [
    'google',
    ({ apiKey }, baseUrl) =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl } }).models.generateContent({ model: 'm', contents: 'hi' }),
  ],
  'google, streaming': [
    'google',
    async ({ apiKey }, baseUrl) =>
      read(
        await new GoogleGenAI({ apiKey, httpOptions: { baseUrl } }).models.generateContentStream({
          model: 'm',
          contents: 'hi',
        }),
      ),
  ],
  'vercel ai': [
    'openai',
    ({ apiKey }, origin) =>
      generateText({ model: createOpenAI({ apiKey, baseURL: `${origin}/v1` }).chat('m'), prompt: 'hi', maxRetries: 0 }),
  ],
  axios: [
    'openai',
    ({ apiKey }, origin) => axios.post(chat(origin), {}, { headers: { authorization: `Bearer ${apiKey}` } }),
  ],
  fetch: [
    'openai',
    ({ apiKey, fetch }, origin) => fetch(chat(origin), { headers: { authorization: `Bearer ${apiKey}` } }),
  ],
  undici: [
    'openai',
    async ({ apiKey }, origin) => {
      const { statusCode, headers, body } = await request(chat(origin), {
        headers: { authorization: `Bearer ${apiKey}` },
      });
      throw Object.assign(new Error(`undici: ${statusCode}`), { statusCode, headers, body: await body.text() });
    },
  ],
  'errors in errors': [
    'openai',
    async ({ apiKey }, origin) => {
      const answer = await fetch(chat(origin), { headers: { authorization: `Bearer ${apiKey}` } });
      const cause = Object.assign(new Error(await answer.text()), {
        status: answer.status,
        headers: answer.headers,
        key: apiKey,
      });
      throw new Error(`no: ${apiKey}`, { cause: new AggregateError([cause], `none of ${apiKey}`, { cause }) });
    },
  ],
};
