import { createOpenAI, type OpenAIProvider } from '@ai-sdk/openai';
import { generateText, streamText, type LanguageModel } from 'ai';
import type { ManagedFetchService } from '../../src/key-management';

/**
 * The Vercel AI SDK on the pool's keys; its base URLs have the version path. `createAnthropic` (`https://api.anthropic.com/v1`) takes its
 * fetch in the same way with `managed.for('anthropic')`, and `createGoogle` (`https://generativelanguage.googleapis.com/v1beta`;
 * `createGoogleGenerativeAI` before version 4) with `managed.for('google')`. From version 7 on, `ai` is an ECMAScript module for Node 22.
 */
export const vercelAi = (managed: ManagedFetchService, baseURL = 'https://api.openai.com/v1'): OpenAIProvider =>
  createOpenAI({ apiKey: 'managed', baseURL, fetch: managed.for('openai') });

// Without maxRetries: 0 the SDK would repeat requests that the managed fetch has retried already.
const MAX_RETRIES = 0;

export async function ask(model: LanguageModel, prompt: string): Promise<string> {
  const { text } = await generateText({ model, prompt, maxRetries: MAX_RETRIES });
  return text;
}

export async function* stream(model: LanguageModel, prompt: string, signal?: AbortSignal): AsyncGenerator<string> {
  let failure: Error | undefined;
  const { textStream } = streamText({
    model,
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
