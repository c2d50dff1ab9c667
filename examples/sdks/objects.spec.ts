import type { TestingModule } from '@nestjs/testing';
import { ManagedFetchService } from '../../src/key-management';
import { blemishes, Organizations, type VendorName } from '../../test/affinity/organizations';
import { anthropic } from './anthropic';
import * as anthropicObjects from './anthropic-objects';
import { google } from './google';
import * as googleObjects from './google-objects';
import { openAi } from './openai';
import * as openAiObjects from './openai-objects';

const ROUNDS = 8;

let organizations: Organizations;
let app: TestingModule;
beforeEach(async () => {
  organizations = await Organizations.start(5, 2);
  app = await organizations.app();
});
afterEach(() => organizations.close());

const managed = () => app.get(ManagedFetchService);
const clients = {
  openai: () => openAi(managed(), `${organizations.simulator.openai.baseUrl}/v1`),
  anthropic: () => anthropic(managed(), organizations.simulator.anthropic.baseUrl),
  google: () => google(managed(), organizations.simulator.google.baseUrl),
};

it.each<[VendorName, string, number, () => Promise<unknown>, unknown]>([
  ['openai', 'a conversation', 4, () => openAiObjects.converse(clients.openai(), ['1', '2', '3', '4']), { length: 4 }],
  ['openai', 'a batch and its files', 3, () => openAiObjects.batch(clients.openai(), ['{}']), 'content'],
  [
    'openai',
    'an upload in parts',
    4,
    () => openAiObjects.uploadInParts(clients.openai(), [new Blob(['a']), new Blob(['b'])]),
    expect.stringMatching(/^file-/),
  ],
  [
    'openai',
    'work in the background',
    4,
    () => openAiObjects.inBackground(clients.openai(), 'Hi'),
    ['queued', 'queued', 'in_progress', 'completed'],
  ],
  [
    'anthropic',
    'a file',
    2,
    () => anthropicObjects.askAboutFile(clients.anthropic(), 'text', 'What is it?'),
    expect.stringContaining('Hello'),
  ],
  // The SDK asks for the batch once more before its results.
  ['anthropic', 'a batch', 3, () => anthropicObjects.batch(clients.anthropic(), ['1', '2']), 1],
  [
    'google',
    'a resumable upload and its file',
    7,
    () => googleObjects.askAboutFile(clients.google(), new Blob([Buffer.alloc(9 * 1024 * 1024, 65)]), 'What is it?'),
    expect.stringContaining('Hello'),
  ],
  [
    'google',
    'cached content',
    3,
    () => googleObjects.askAboutCache(clients.google(), 'text', ['1', '2']),
    [expect.stringContaining('Hello'), expect.stringContaining('Hello')],
  ],
  ['google', 'a long-running operation', 3, () => googleObjects.makeVideo(clients.google(), 'A cat'), 2],
  ['google', 'a batch', 2, () => googleObjects.batch(clients.google(), ['1']), expect.stringMatching(/^batches\//)],
])('%s: %s stays in its organization, in every one of eight', async (vendor, _, calls, run, result) => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const given = await run();
    if (typeof result === 'object' && result !== null && 'length' in result && !Array.isArray(result))
      expect(given).toHaveLength(result.length as number);
    else expect(given).toEqual(result);
  }
  const called = organizations.called(vendor);
  expect(called).toHaveLength(ROUNDS * calls);
  const rounds = Array.from({ length: ROUNDS }, (__, round) => called.slice(round * calls, (round + 1) * calls));
  expect(rounds.map((each) => new Set(each).size)).toEqual(rounds.map(() => 1));
  expect(new Set(called).size).toBeGreaterThan(1);
  expect(blemishes(app, vendor)).toEqual([]);
});
