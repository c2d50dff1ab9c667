import type OpenAI from 'openai';
import { toFile } from 'openai';

/** What exists in one organization alone: each call that names such an object goes to the keys of that organization, whichever key is next. */

/** A conversation: each turn names the answer before it. Resolves with the ids of the answers. */
export async function converse(client: OpenAI, questions: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const input of questions) {
    const answer = await client.responses.create({ model: 'gpt-5-nano', input, previous_response_id: ids.at(-1) });
    ids.push(answer.id);
  }
  return ids;
}

/** A batch of requests in a file. Resolves with the file of the answers. */
export async function batch(client: OpenAI, lines: readonly string[]): Promise<string> {
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join('\n')), 'a.jsonl'),
    purpose: 'batch',
  });
  let state = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/responses',
    completion_window: '24h',
  });
  while (state.status !== 'completed') state = await client.batches.retrieve(state.id);
  const answers = await client.files.content(state.output_file_id!);
  return answers.text();
}

/** A large file, sent in parts. Resolves with its id. */
export async function uploadInParts(client: OpenAI, parts: readonly Blob[]): Promise<string> {
  const upload = await client.uploads.create({
    bytes: parts.reduce((sum, { size }) => sum + size, 0),
    filename: 'a.jsonl',
    mime_type: 'text/jsonl',
    purpose: 'batch',
  });
  const ids: string[] = [];
  for (const data of parts)
    ids.push((await client.uploads.parts.create(upload.id, { data: await toFile(data, 'part') })).id);
  const { file } = await client.uploads.complete(upload.id, { part_ids: ids });
  return file!.id;
}

/** Work in the background, looked at until it is done. Resolves with its states. */
export async function inBackground(client: OpenAI, input: string): Promise<string[]> {
  let work = await client.responses.create({ model: 'gpt-5-nano', input, background: true });
  const states = [String(work.status)];
  while (work.status === 'queued' || work.status === 'in_progress') {
    work = await client.responses.retrieve(work.id);
    states.push(String(work.status));
  }
  return states;
}
