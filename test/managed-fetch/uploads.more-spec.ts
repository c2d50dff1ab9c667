import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import type { TestingModule } from '@nestjs/testing';
import OpenAI, { toFile } from 'openai';
import { ManagedFetchService } from '../../src/key-management';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';
import { TinyServer } from './tiny-server';

const LINE = 'a line of the file\n';

let server: TinyServer;
let app: TestingModule;
let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uploads-'));
  path = join(folder, 'lines.jsonl');
  await writeFile(path, LINE.repeat(20_000));
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  server = await TinyServer.start();
  const of = (name: string) => ({ keys: [1, 2, 3].map((n) => fakeKey(name, n)), baseUrl: server.origin });
  app = await startKeyManagement({
    providers: { openai: of('openai'), anthropic: of('anthropic'), google: of('google') },
    healthCheckDepth: 'light',
    backoff: { initialMs: 0, maxMs: 0 },
  });
  server.seen.splice(0);
  // The first key is refused when its request has come in whole.
  server.answer = (response, { url, headers }) => {
    const isFirst = server.seen.length === 1;
    response.writeHead(isFirst ? 429 : 200, {
      'content-type': 'application/json',
      ...(isFirst ? { 'retry-after': '30' } : {}),
      ...(headers['x-goog-upload-command'] === 'start'
        ? { 'x-goog-upload-url': `${server.origin}${url}?upload_id=${server.seen.length}` }
        : {}),
      'x-goog-upload-status': String(headers['x-goog-upload-command']).includes('finalize') ? 'final' : 'active',
    });
    response.end(
      JSON.stringify(
        isFirst
          ? { error: { code: 'rate_limit_exceeded' } }
          : { id: 'file-1', text: 'fine', file: { name: 'files/1' } },
      ),
    );
  };
});
afterEach(async () => {
  await app.close();
  await server.close();
});

const fetchOf = (name: 'openai' | 'anthropic' | 'google') => app.get(ManagedFetchService).for(name);
const openai = () =>
  new OpenAI({ apiKey: 'managed', baseURL: `${server.origin}/v1`, fetch: fetchOf('openai'), maxRetries: 0 });
const anthropic = () =>
  new Anthropic({ apiKey: 'managed', baseURL: server.origin, fetch: fetchOf('anthropic'), maxRetries: 0 });
const genai = () =>
  new GoogleGenAI({ apiKey: 'managed', httpOptions: { baseUrl: server.origin, fetch: fetchOf('google') } });

/** The refused request and the one after it, with another key, are the same to the last byte of the file. */
const expectSentTwice = (): void => {
  const [first, second] = server.seen;
  const lines = (body: string): number => body.split(LINE).length - 1;
  expect([lines(first!.body), lines(second!.body)]).toEqual([20_000, 20_000]);
  const key = ({ headers }: typeof first & object) => headers.authorization ?? headers['x-api-key'];
  expect(key(first!)).not.toBe(key(second!));
};

it.each<[string, () => Promise<unknown>]>([
  ['a read stream', () => openai().files.create({ file: createReadStream(path), purpose: 'batch' })],
  [
    'a read stream as toFile makes it',
    async () => openai().files.create({ file: await toFile(createReadStream(path), 'a.jsonl'), purpose: 'batch' }),
  ],
  [
    'a file from disk',
    async () => openai().files.create({ file: new File([await openAsBlob(path)], 'a'), purpose: 'batch' }),
  ],
  ['a recording', () => openai().audio.transcriptions.create({ model: 'whisper-1', file: createReadStream(path) })],
  ['a file of Anthropic', () => anthropic().beta.files.upload({ file: createReadStream(path) })],
])('D13: an upload of %s by its SDK goes to the next key, whole', async (_, upload) => {
  await expect(upload()).resolves.toMatchObject({ id: 'file-1' });
  expect(server.seen).toHaveLength(2);
  expectSentTwice();
});

it.each<[string, () => Promise<Blob | string>]>([
  ['a path', () => Promise.resolve(path)],
  ['a blob', () => openAsBlob(path)],
])('D13: an upload of %s by Google GenAI begins with the next key, and arrives whole', async (_, file) => {
  const uploaded = await genai().files.upload({ file: await file(), config: { mimeType: 'text/plain' } });
  expect(uploaded).toMatchObject({ name: 'files/1' });
  expect(server.seen.map(({ headers }) => headers['x-goog-upload-command'])).toEqual([
    'start',
    'start',
    'upload, finalize',
  ]);
  expect(server.seen[2]!.body).toBe(LINE.repeat(20_000));
});

it('D13: the parts of one upload by Google GenAI go with the key that began it', async () => {
  const whole = new Blob([Buffer.alloc(20 * 1024 * 1024, 65)], { type: 'text/plain' });
  const uploads = await Promise.all([genai().files.upload({ file: whole }), genai().files.upload({ file: whole })]);
  expect(uploads).toMatchObject([{ name: 'files/1' }, { name: 'files/1' }]);
  const keysOf = new Map<string, Set<unknown>>();
  for (const { url, headers } of server.seen) {
    const id = new URL(url, server.origin).searchParams.get('upload_id');
    if (id) keysOf.set(id, (keysOf.get(id) ?? new Set()).add(headers['x-goog-api-key']));
  }
  expect([...keysOf.values()].map(({ size }) => size)).toEqual([1, 1]);
  expect(server.seen.filter(({ body }) => body.length > 1_000_000).length).toBeGreaterThan(4);
});
