import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import type { SimulatedVendor } from '../../src/key-management/testing/simulator';

/** The official SDKs, each pointed at its simulated vendor and without retries of its own. */
export const openAiSdk = (vendor: SimulatedVendor, apiKey: string): OpenAI =>
  new OpenAI({ apiKey, baseURL: `${vendor.baseUrl}/v1`, maxRetries: 0 });

export const anthropicSdk = (vendor: SimulatedVendor, apiKey: string): Anthropic =>
  new Anthropic({ apiKey, baseURL: vendor.baseUrl, maxRetries: 0 });

// Without a fetch of our own the SDK asks globalThis for Node's undici dispatcher, which Jest's global does not have.
export const googleSdk = (vendor: SimulatedVendor, apiKey: string): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: vendor.baseUrl, fetch: (...args) => fetch(...args) } });

export const chat = { messages: [{ role: 'user' as const, content: 'Hi' }] };

/** What a promise was rejected with; fails when it was not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}
