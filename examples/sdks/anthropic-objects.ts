import type Anthropic from '@anthropic-ai/sdk';
import { toFile } from '@anthropic-ai/sdk';

/** What exists in one organization alone: each call that names such an object goes to the keys of that organization. */

/** A file, and a message that names it. Resolves with what is said of it. */
export async function askAboutFile(client: Anthropic, text: string, question: string): Promise<string> {
  const file = await client.beta.files.upload({
    file: await toFile(Buffer.from(text), 'a.txt', { type: 'text/plain' }),
  });
  const answer = await client.beta.messages.create({
    model: 'claude-haiku-4-5',
    max_tokens: 256,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'document', source: { type: 'file', file_id: file.id } },
          { type: 'text', text: question },
        ],
      },
    ],
    betas: ['files-api-2025-04-14'],
  });
  return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** A batch of messages. Resolves with how many succeeded. */
export async function batch(client: Anthropic, questions: readonly string[]): Promise<number> {
  const requests = questions.map((content, n) => ({
    custom_id: String(n),
    params: { model: 'claude-haiku-4-5', max_tokens: 256, messages: [{ role: 'user' as const, content }] },
  }));
  let state = await client.messages.batches.create({ requests });
  while (state.processing_status !== 'ended') state = await client.messages.batches.retrieve(state.id);
  let succeeded = 0;
  for await (const { result } of await client.messages.batches.results(state.id))
    if (result.type === 'succeeded') succeeded += 1;
  return succeeded;
}
