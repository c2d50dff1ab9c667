import { KeyMetricsService, KeyPoolService, keyIdOf, RetryExecutorService } from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';

describe('metrics of pools that are opened', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let own: string;
  let theirs: string[];
  const text = (): Promise<string> => api.app.get(KeyMetricsService).text();
  const executor = (): RetryExecutorService => api.app.get(RetryExecutorService);
  const seriesIn = (metrics: string): string[] =>
    metrics
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.slice(0, line.lastIndexOf(' ')))
      .sort();
  const valueIn = (metrics: string, series: string): number =>
    Number(
      metrics
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length),
    );

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    [own, ...theirs] = simulator.openai.newKeys(4) as [string, ...string[]];
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    api = await startApi({ options: { providers, metrics: { perKey: true } } });
    await executor().executeOrThrow('openai', () => Promise.resolve(1));
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  it('have no name and no key of them, where keys have series of their own', async () => {
    const pools = api.app.get(KeyPoolService);
    const opened = await pools.openPool('customer-17', { like: 'openai', keys: theirs });
    await executor().executeOrThrow('customer-17', () => Promise.resolve(1));
    const open = await text();
    expect(open).toContain(`ai_keys_key_attempts_total{provider="openai",key_id="${keyIdOf(own)}",outcome="ok"} 1`);
    await opened.close();
    for (const metrics of [open, await text()]) {
      expect(metrics).not.toContain('customer');
      for (const key of theirs) expect(metrics).not.toContain(keyIdOf(key));
    }
  });

  it('do not run backwards when one is closed', async () => {
    const opened = await api.app.get(KeyPoolService).openPool('customer-17', { like: 'openai', keys: theirs });
    await executor().executeOrThrow('customer-17', () => Promise.resolve(1), { affinity: 'thread-1' });
    await executor().executeOrThrow('customer-17', () => Promise.resolve(1), { affinity: 'thread-1' });
    const counters = [
      'ai_keys_calls_total{provider="openai",result="success"}',
      'ai_keys_affinity_calls_total{provider="openai",result="kept"}',
    ];
    const before = await text();
    await opened.close();
    const after = await text();
    for (const counter of counters) {
      expect(valueIn(before, counter)).toBeGreaterThan(0);
      expect(valueIn(after, counter)).toBe(valueIn(before, counter));
    }
  });

  it("do not say that the provider serves nobody, where a customer's keys are dead", async () => {
    for (const key of theirs) simulator.openai.key(key, { kind: 'invalid' });
    await api.app.get(KeyPoolService).openPool('customer-17', { like: 'openai', keys: theirs });
    await executor().execute('customer-17', () => Promise.resolve(1), { maxWaitMs: 0 });
    const metrics = await text();
    expect(valueIn(metrics, 'ai_keys_pool_state{provider="openai",state="serving"}')).toBe(1);
    expect(valueIn(metrics, 'ai_keys_pool_state{provider="openai",state="no_usable_key"}')).toBe(0);
  });

  it('are as many for 1,000 as for one, and so are the names of providers in what anybody may read', async () => {
    const pools = api.app.get(KeyPoolService);
    const open = async (n: number): Promise<void> => {
      await pools.openPool(`customer-${n}`, { like: 'openai', keys: [theirs[n % 3]!] });
      await executor().executeOrThrow(`customer-${n}`, () => Promise.resolve(n));
    };
    await open(0);
    const one = seriesIn(await text());
    for (let n = 1; n < 1_000; n += 1) await open(n);
    expect(seriesIn(await text())).toEqual(one);
    const { text: health } = await api.send('get', '/health').expect(200);
    expect(health).not.toContain('customer');
    const { body } = await api.send('get', '/health/keys').expect(200);
    expect(Object.keys(body.key_pools.providers)).toHaveLength(1_001);
    expect(body.key_pools.providers['customer-999']).toMatchObject({ like: 'openai', state: 'serving' });
    const page = await api.send('get', '/dashboard/figures').expect(200);
    expect(page.text).not.toContain('customer');
    expect(page.body.providers.openai.opened).toEqual({
      pools: 1_000,
      in_trouble: 0,
    });
  }, 120_000);
});
