import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIdOf, RetryExecutorService } from '../../src/key-management';
import { startApi, VIEWER, type ApiUnderTest } from '../admin/support';
import { fakeKey, VendorSimulator } from '../simulator';

const KEY = fakeKey('openai', 1);
const ID = keyIdOf(KEY);

describe('figures and events over a restart, on the file store', () => {
  let folder: string;
  let sim: VendorSimulator;
  let api: ApiUnderTest;
  const start = async (): Promise<void> => {
    api = await startApi({
      options: {
        providers: { openai: { keys: [KEY], baseUrl: sim.openai.baseUrl } },
        store: { kind: 'file', path: folder },
      },
    });
  };
  const read = async (path: string) => (await api.send('get', path, VIEWER).expect(200)).body;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'akm-analytics-'));
    sim = await VendorSimulator.start();
    sim.openai.key(KEY);
  });
  afterEach(async () => {
    await api.app.close();
    await sim.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps totals, timelines, quantiles and the log', async () => {
    await start();
    const executor = api.app.get(RetryExecutorService);
    for (let n = 0; n < 5; n += 1) await executor.execute('openai', () => Promise.resolve('yes'));
    await executor.execute('openai', () => Promise.reject(new Error('no')), { maxRetries: 0 });
    const usage = { prompt_tokens: 700, completion_tokens: 30, total_tokens: 730 };
    await executor.execute('openai', () => Promise.resolve({ object: 'chat.completion', model: 'gpt-5-nano', usage }));
    await api.send('patch', `/admin/providers/openai/keys/${ID}`).send({ enabled: false }).expect(200);
    const before = await read('/analytics/openai');
    const key = await read(`/analytics/openai/keys/${ID}/timeline?resolution=hour`);
    const events = await read('/admin/events?limit=2');
    await api.app.close();

    await start();
    const after = await read('/analytics/openai');
    expect(after.summary).toEqual(before.summary);
    expect(after.outcomes).toEqual(before.outcomes);
    const sums = ({ timeline }: typeof after) =>
      timeline.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0);
    expect(sums(after)).toBe(7);
    for (const resolution of ['minute', 'hour']) {
      const { timeline } = await read(`/analytics/openai/timeline?resolution=${resolution}`);
      const used = timeline.flatMap((entry: { usage?: object }) => entry.usage ?? []);
      const sum = (field: string): number =>
        used.reduce((total: number, each: Record<string, number>) => total + (each[field] ?? 0), 0);
      const names = ['requests', 'requests_without_usage', 'input_tokens', 'output_tokens'];
      expect(names.map(sum)).toEqual([6, 5, 700, 30]);
    }
    expect(await read(`/analytics/openai/keys/${ID}/timeline?resolution=hour`)).toMatchObject({
      timeline: expect.arrayContaining(key.timeline),
    });
    const { events: kept } = await read('/admin/events?limit=100');
    for (const event of events.events) expect(kept).toContainEqual(event);
    expect((await read('/health/keys')).global_stats).toEqual({
      total_requests: 7,
      total_failures: 1,
      // What an administrator switched off has not died.
      keys_removed: 0,
    });
  });
});
