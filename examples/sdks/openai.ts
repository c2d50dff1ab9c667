import OpenAI from 'openai';
import type { ManagedFetchService } from '../../src/key-management';

/** The official OpenAI SDK on the pool's keys. The base URL is the provider's own, with the version path. */
export const openAi = (managed: ManagedFetchService, baseURL = 'https://api.openai.com/v1'): OpenAI =>
  new OpenAI({ apiKey: 'managed', baseURL, fetch: managed.for('openai') });

export async function ask(client: OpenAI, question: string): Promise<string> {
  const answer = await client.chat.completions.create({
    model: 'gpt-5-nano',
    messages: [{ role: 'user', content: question }],
  });
  return answer.choices[0]?.message.content ?? '';
}

export async function* stream(client: OpenAI, question: string, signal?: AbortSignal): AsyncGenerator<string> {
  const chunks = await client.chat.completions.create(
    { model: 'gpt-5-nano', messages: [{ role: 'user', content: question }], stream: true },
    { signal },
  );
  for await (const chunk of chunks) yield chunk.choices[0]?.delta.content ?? '';
}
