import { KeyMetricsService, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';

const POOLS = 1_000;

describe('a thousand pools that are opened while the app runs', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let pools: KeyPoolService;
  let before: { health: string; session: string; figures: string[]; lines: number };

  const textOf = async (route: string): Promise<string> => (await api.send('get', route).expect(200)).text;
  const figures = async (): Promise<Record<string, { opened: object | null }>> =>
    (await api.send('get', '/dashboard/figures?window=24h').expect(200)).body.providers;
  const metricLines = async (): Promise<number> =>
    (await api.app.get(KeyMetricsService).text()).split('\n').filter((line) => !line.startsWith('#')).length;
  const look = async (): Promise<typeof before> => ({
    health: await textOf('/health'),
    session: await textOf('/dashboard/session'),
    figures: Object.keys(await figures()),
    lines: await metricLines(),
  });

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    const [own, theirs] = simulator.openai.newKeys(2) as [string, string];
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    api = await startApi({ options: { providers, metrics: { perKey: false } } });
    pools = api.app.get(KeyPoolService);
    const executor = api.app.get(RetryExecutorService);
    await executor.executeOrThrow('openai', () => Promise.resolve(1));
    before = await look();
    for (let n = 0; n < POOLS; n += 1) {
      await pools.openPool(`customer-${n}`, { like: 'openai', keys: [theirs], tenant: `Customer ${n}` });
      await executor.executeOrThrow(`customer-${n}`, () => Promise.resolve(n));
    }
  });
  afterAll(async () => {
    await api.app.close();
    await simulator.close();
  });

  it('make no answer longer that anyone may read, no page, and no metrics', async () => {
    expect(await look()).toEqual(before);
  });

  it('are counted on the figures of the page with the provider that they are like', async () => {
    expect((await figures())['openai']).toMatchObject({ opened: { pools: POOLS, in_trouble: 0 } });
  });

  it('stand each in the status', async () => {
    const { body } = await api.send('get', '/health/keys').expect(200);
    const all = body.key_pools.providers as Record<string, { like?: string; total_keys: number }>;
    const opened = Object.values(all).filter(({ like }) => like === 'openai');
    expect(opened).toHaveLength(POOLS);
    expect(opened.every(({ total_keys }) => total_keys === 1)).toBe(true);
    expect(all['customer-999']).toMatchObject({ tenant: 'Customer 999' });
  });

  it('are looked at once each for the figures and for the health', async () => {
    const asked = jest.spyOn(pools, 'templateOf');
    await textOf('/health');
    expect(asked.mock.calls.length).toBeLessThan(3 * POOLS);
    asked.mockClear();
    // Another window: those of before are still fresh.
    await api.send('get', '/dashboard/figures?window=1h').expect(200);
    expect(asked.mock.calls.length).toBeLessThan(2 * POOLS);
  });
});
