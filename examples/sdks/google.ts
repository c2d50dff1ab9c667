import { GoogleGenAI } from '@google/genai';
import type { ManagedFetchService } from '../../src/key-management';

/** The official Google SDK on the pool's keys. Its `fetch` belongs into `httpOptions`; elsewhere the SDK ignores it. */
export const google = (
  managed: ManagedFetchService,
  baseUrl = 'https://generativelanguage.googleapis.com',
): GoogleGenAI => new GoogleGenAI({ apiKey: 'managed', httpOptions: { baseUrl, fetch: managed.for('google') } });

const MODEL = 'gemini-3.1-flash-lite';

export async function ask(client: GoogleGenAI, question: string): Promise<string> {
  const answer = await client.models.generateContent({ model: MODEL, contents: question });
  return answer.text ?? '';
}

export async function* stream(client: GoogleGenAI, question: string, signal?: AbortSignal): AsyncGenerator<string> {
  const chunks = await client.models.generateContentStream({
    model: MODEL,
    contents: question,
    // Leaving the loop does not end the request with this SDK; the signal does.
    config: { abortSignal: signal },
  });
  for await (const chunk of chunks) yield chunk.text ?? '';
}
