import { createPartFromUri, FileState, type GoogleGenAI } from '@google/genai';

/** What exists in one project alone: each call that names such an object goes to the keys of that project. */

const MODEL = 'gemini-3.1-flash-lite';

/** A file that is sent in parts to a URL of its own, and a question about it once it is ready. */
export async function askAboutFile(client: GoogleGenAI, file: Blob, question: string): Promise<string> {
  const uploaded = await client.files.upload({ file, config: { mimeType: 'text/plain' } });
  let state = uploaded;
  while (state.state !== FileState.ACTIVE) state = await client.files.get({ name: uploaded.name! });
  const answer = await client.models.generateContent({
    model: MODEL,
    contents: [createPartFromUri(uploaded.uri!, 'text/plain'), question],
  });
  await client.files.delete({ name: uploaded.name! });
  return answer.text ?? '';
}

/** Content that is cached once, and questions about it. */
export async function askAboutCache(
  client: GoogleGenAI,
  contents: string,
  questions: readonly string[],
): Promise<string[]> {
  const cache = await client.caches.create({ model: MODEL, config: { contents } });
  const answers: string[] = [];
  for (const question of questions) {
    const answer = await client.models.generateContent({
      model: MODEL,
      contents: question,
      config: { cachedContent: cache.name },
    });
    answers.push(answer.text ?? '');
  }
  return answers;
}

/** An operation that takes long, looked at until it is done. Resolves with how often it was. */
export async function makeVideo(client: GoogleGenAI, prompt: string): Promise<number> {
  let operation = await client.models.generateVideos({ model: 'veo-3.1-generate-preview', source: { prompt } });
  let looks = 0;
  while (!operation.done) {
    operation = await client.operations.getVideosOperation({ operation });
    looks += 1;
  }
  return looks;
}

/** A batch of questions. Resolves with its name once it was looked at. */
export async function batch(client: GoogleGenAI, questions: readonly string[]): Promise<string> {
  const job = await client.batches.create({
    model: MODEL,
    src: questions.map((text) => ({ contents: [{ role: 'user', parts: [{ text }] }] })),
  });
  const { name } = await client.batches.get({ name: job.name! });
  return name ?? '';
}
