import Anthropic from '@anthropic-ai/sdk';
import type { ManagedFetchService } from '../../src/key-management';

/** The official Anthropic SDK on the pool's keys. */
export const anthropic = (managed: ManagedFetchService, baseURL = 'https://api.anthropic.com'): Anthropic =>
  new Anthropic({ apiKey: 'managed', baseURL, fetch: managed.for('anthropic') });

const request = (question: string) => ({
  model: 'claude-haiku-4-5',
  max_tokens: 256,
  messages: [{ role: 'user' as const, content: question }],
});

export async function ask(client: Anthropic, question: string): Promise<string> {
  const answer = await client.messages.create(request(question));
  return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

export async function* stream(client: Anthropic, question: string, signal?: AbortSignal): AsyncGenerator<string> {
  for await (const event of client.messages.stream(request(question), { signal })) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
  }
}
