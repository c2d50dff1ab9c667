import Anthropic from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { GoogleGenAI } from '@google/genai';
import { ChatOpenAI } from '@langchain/openai';
import { generateText } from 'ai';
import axios from 'axios';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI from 'openai';
import { request } from 'undici';
import { asVendor, secret } from '../canary/canary';

/** The next answer of the loopback server. */
export interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** The API key of every client. No output may show it. */
export const CLIENT_KEY = secret('sk-proj-canaryCANARYcanary0123456789');
const TIMEOUT_MS = 2_000;
const messages = [{ role: 'user' as const, content: 'hi' }];

export const errorAnswer = (status: number, fields: object, headers?: Record<string, string>): Answer => ({
  status,
  body: { error: fields },
  headers,
});
export const sseAnswer = (text: string): Answer => ({
  status: 200,
  body: text,
  headers: { 'content-type': 'text/event-stream' },
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const part of stream) void part;
}

/** The official SDKs and common HTTP clients, against a server on loopback whose answers a test sets. */
export class RealClients {
  next: Answer | 'drop' | 'stall' = 'drop';
  base = '';
  readonly #server = asVendor(
    createServer((req, res) => {
      req.resume();
      if (this.next === 'drop') return void req.socket.destroy();
      if (this.next === 'stall') return;
      res.writeHead(this.next.status, { 'content-type': 'application/json', ...this.next.headers });
      res.end(typeof this.next.body === 'string' ? this.next.body : JSON.stringify(this.next.body));
    }),
  );

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  openai = () => new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${this.base}/v1`, maxRetries: 0, timeout: TIMEOUT_MS });
  chat = (signal?: AbortSignal) => this.openai().chat.completions.create({ model: 'm', messages }, { signal });
  chatStream = async () => drain(await this.openai().chat.completions.create({ model: 'm', messages, stream: true }));
  responsesStream = async () => drain(await this.openai().responses.create({ model: 'm', input: 'hi', stream: true }));

  anthropic = () => new Anthropic({ apiKey: CLIENT_KEY, baseURL: this.base, maxRetries: 0, timeout: TIMEOUT_MS });
  claude = (signal?: AbortSignal) =>
    this.anthropic().messages.create({ model: 'm', max_tokens: 1, messages }, { signal });
  claudeStream = async () =>
    drain(await this.anthropic().messages.create({ model: 'm', max_tokens: 1, messages, stream: true }));

  genai = () => new GoogleGenAI({ apiKey: CLIENT_KEY, httpOptions: { baseUrl: this.base, timeout: TIMEOUT_MS } });
  gemini = (abortSignal?: AbortSignal) =>
    this.genai().models.generateContent({ model: 'm', contents: 'hi', config: { abortSignal } });
  geminiStream = async () => drain(await this.genai().models.generateContentStream({ model: 'm', contents: 'hi' }));

  vercel = (maxRetries = 0) => {
    const provider = createOpenAI({ apiKey: CLIENT_KEY, baseURL: `${this.base}/v1` });
    return generateText({ model: provider.chat('m'), prompt: 'hi', maxRetries });
  };
  langchain = () => {
    const configuration = { baseURL: `${this.base}/v1` };
    return new ChatOpenAI({ apiKey: CLIENT_KEY, model: 'm', maxRetries: 0, timeout: TIMEOUT_MS, configuration }).invoke(
      'hi',
    );
  };
  axios = (signal?: AbortSignal) => {
    const headers = { Authorization: `Bearer ${CLIENT_KEY}` };
    return axios.post(`${this.base}/v1/chat/completions`, {}, { timeout: TIMEOUT_MS, headers, signal });
  };
  fetch = (signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS)) => fetch(`${this.base}/v1/models`, { signal });
  undici = () => request(`${this.base}/v1/models`, { headersTimeout: TIMEOUT_MS });
}
