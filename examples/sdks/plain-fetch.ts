import type { ManagedFetchService } from '../../src/key-management';

export interface PlainClient {
  fetch: typeof globalThis.fetch;
  baseURL: string;
}

/** Without an SDK. The request needs no credential: the managed fetch sets it. */
export const plain = (managed: ManagedFetchService, baseURL = 'https://api.openai.com/v1'): PlainClient => ({
  fetch: managed.for('openai', { timeoutMs: 60_000 }),
  baseURL,
});

function send(
  { fetch, baseURL }: PlainClient,
  question: string,
  stream: boolean,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-nano', stream, messages: [{ role: 'user', content: question }] }),
  });
}

export async function ask(client: PlainClient, question: string): Promise<string> {
  const response = await send(client, question, false);
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const answer = (await response.json()) as { choices: { message: { content: string } }[] };
  return answer.choices[0]?.message.content ?? '';
}

export async function* stream(client: PlainClient, question: string, signal?: AbortSignal): AsyncGenerator<string> {
  const response = await send(client, question, true, signal);
  if (!response.ok || !response.body) throw new Error(`${response.status}: ${await response.text()}`);
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const chunk = JSON.parse(line.slice('data: '.length)) as { choices: { delta: { content?: string } }[] };
      yield chunk.choices[0]?.delta.content ?? '';
    }
  }
}
