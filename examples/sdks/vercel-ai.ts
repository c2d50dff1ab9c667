import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import type { ManagedFetchService } from '../../src/key-management';

/** The Vercel AI SDK on the pool's keys. */
export const vercelAi = (managed: ManagedFetchService, baseURL = 'https://api.openai.com/v1'): OpenAIProvider =>
  createOpenAI({ apiKey: 'managed', baseURL, fetch: managed.for('openai') });

// Without maxRetries: 0 the SDK would repeat requests that the managed fetch has retried already.
const MAX_RETRIES = 0;

export async function ask(provider: OpenAIProvider, prompt: string): Promise<string> {
  const { text } = await generateText({ model: provider('gpt-5-nano'), prompt, maxRetries: MAX_RETRIES });
  return text;
}

export async function* stream(provider: OpenAIProvider, prompt: string, signal?: AbortSignal): AsyncGenerator<string> {
  let failure: Error | undefined;
  const { textStream } = streamText({
    model: provider('gpt-5-nano'),
    prompt,
    maxRetries: MAX_RETRIES,
    // Leaving the loop does not end the request with this SDK; the signal does.
    abortSignal: signal,
    onError: ({ error }) => {
      failure = error instanceof Error ? error : new Error(String(error));
    },
  });
  yield* textStream;
  if (failure) throw failure;
}
