import { ChatOpenAI } from '@langchain/openai';
import type { ManagedFetchService } from '../../src/key-management';

/** LangChain on the pool's keys. Its own retries are off, because the managed fetch retries. */
export const langChain = (managed: ManagedFetchService, baseURL = 'https://api.openai.com/v1'): ChatOpenAI =>
  new ChatOpenAI({
    apiKey: 'managed',
    model: 'gpt-5-nano',
    maxRetries: 0,
    configuration: { baseURL, fetch: managed.for('openai') },
  });

export async function ask(chat: ChatOpenAI, question: string): Promise<string> {
  return (await chat.invoke(question)).text;
}

export async function* stream(chat: ChatOpenAI, question: string, signal?: AbortSignal): AsyncGenerator<string> {
  for await (const chunk of await chat.stream(question, { signal })) yield chunk.text;
}
