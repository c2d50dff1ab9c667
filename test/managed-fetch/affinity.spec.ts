import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { KeyPoolService, type ExecutionReport, type ManagedFetchOptions } from '../../src/key-management';
import { KeyMetricsService } from '../../src/key-management/metrics/key-metrics.service';
import { MemoryKeyStore } from '../../src/key-management/store/memory/memory-key-store';
import { ManagedApp } from './managed-app';

const messages = [{ role: 'user' as const, content: 'What belongs together?' }];

let app: ManagedApp;
beforeEach(async () => {
  app = await ManagedApp.start(10);
});
afterEach(async () => {
  await app.idle();
  await app.close();
});

const openAi = (options?: ManagedFetchOptions): OpenAI =>
  new OpenAI({ apiKey: 'managed', baseURL: `${app.vendor('openai').baseUrl}/v1`, fetch: app.fetch('openai', options) });
const anthropic = (options?: ManagedFetchOptions): Anthropic =>
  new Anthropic({
    apiKey: 'managed',
    baseURL: app.vendor('anthropic').baseUrl,
    fetch: app.fetch('anthropic', options),
  });

/** Follows the reports: the keys of all attempts, and where the affinities led. */
function followed(): { keys: string[]; places: unknown[]; onReport: (report: ExecutionReport) => void } {
  const [keys, places]: [string[], unknown[]] = [[], []];
  const onReport = ({ attempts, affinity }: ExecutionReport): void => {
    keys.push(...attempts.map(({ keyId }) => keyId));
    places.push(affinity);
  };
  return { keys, places, onReport };
}

it('sends what OpenAI calls one prompt cache to one account, and the rest in rotation', async () => {
  const { keys, places, onReport } = followed();
  const client = openAi({ onReport });
  for (let turn = 0; turn < 5; turn += 1)
    await client.chat.completions.create({ model: 'gpt-5', messages, prompt_cache_key: 'conversation-1' });
  expect(new Set(keys).size).toBe(1);
  expect(places).toEqual(Array(5).fill('kept'));
  keys.length = 0;
  for (let call = 0; call < 10; call += 1) await client.chat.completions.create({ model: 'gpt-5', messages });
  expect(new Set(keys).size).toBeGreaterThan(7);
  expect(places.slice(5)).toEqual(Array(10).fill(undefined));
});

it('does the same by the user id of Anthropic, and by what the caller states', async () => {
  const { keys, onReport } = followed();
  const user = anthropic({ onReport });
  for (let turn = 0; turn < 4; turn += 1)
    await user.messages.create({
      model: 'claude',
      max_tokens: 8,
      messages,
      metadata: { user_id: 'user-1' },
    });
  expect(new Set(keys).size).toBe(1);
  const [own] = keys;
  keys.length = 0;
  // The caller's own id goes before that of the request.
  const stated = anthropic({ onReport, affinity: 'user-1' });
  await stated.messages.create({ model: 'claude', max_tokens: 8, messages, metadata: { user_id: 'somebody else' } });
  await stated.messages.create({ model: 'claude', max_tokens: 8, messages });
  expect(keys).toEqual([own, own]);
});

it('counts what was kept and what moved, and writes nothing for it to the store', async () => {
  const written = jest.spyOn(MemoryKeyStore.prototype, 'write');
  const read = jest.spyOn(MemoryKeyStore.prototype, 'load');
  const { keys, places, onReport } = followed();
  const client = openAi({ onReport, maxWaitMs: 0 });
  const call = () => client.chat.completions.create({ model: 'gpt-5', messages, prompt_cache_key: 'conversation-2' });
  await call();
  const settled = written.mock.calls.length;
  for (let turn = 0; turn < 5; turn += 1) await call();
  expect(read).not.toHaveBeenCalled();
  for (const [changes] of written.mock.calls.slice(settled))
    expect(JSON.stringify(changes)).not.toContain('conversation-2');
  const pool = app.app.get(KeyPoolService).pool('openai')!;
  pool.leaseForProbe(pool.record(keys[0]!)!).settle({ outcome: 'rate_limited', retryAfterMs: 60_000, scope: 'key' });
  await call();
  written.mockRestore();
  read.mockRestore();
  expect(places).toEqual([...Array<string>(6).fill('kept'), 'moved']);
  const text = await app.app.get(KeyMetricsService).text();
  expect(text).toContain('ai_keys_affinity_calls_total{provider="openai",result="kept"} 6');
  expect(text).toContain('ai_keys_affinity_calls_total{provider="openai",result="moved"} 1');
});

it('survives a function for reports that throws, and refuses what is none', async () => {
  const client = openAi({
    onReport: () => {
      throw new Error('mine');
    },
  });
  await expect(client.chat.completions.create({ model: 'gpt-5', messages })).resolves.toBeDefined();
  expect(() => app.fetch('openai', { onReport: 'x' as never })).toThrow('onReport must be a function, or be left out');
  expect(() => app.fetch('openai', { affinity: '' })).toThrow('affinity must be an id of 1 to 512 characters');
});
