import {
  KeyManagementConfigurationError,
  KeyMetricsService,
  KeyPoolService,
  ManagedFetchService,
  RetryExecutorService,
  UnknownProviderError,
  type OpenPoolOptions,
} from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';

const BUILT_IN = ['openai', 'anthropic', 'google'];
const QUESTION = { model: 'gpt-5-nano', messages: [{ role: 'user', content: 'hello' }] };

describe('pools that are opened while the app runs', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let own: string;
  let theirs: string[];
  let pools: KeyPoolService;

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    [own, ...theirs] = simulator.openai.newKeys(4) as [string, ...string[]];
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    api = await startApi({ options: { providers, minimumUsableKeys: 1 } });
    pools = api.app.get(KeyPoolService);
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  const names = (): string[] => [...pools.pools()].map(({ provider }) => provider);
  const ask = (provider: string): Promise<Response> =>
    api.app.get(ManagedFetchService).for(provider)(`${simulator.openai.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(QUESTION),
    });

  it('serve by the vendor and the settings of the other provider, with keys of their own alone', async () => {
    const opened = await pools.openPool('customer-17', { like: 'openai', keys: theirs, tenant: 'Customer 17' });
    expect(opened.provider).toBe('customer-17');
    expect(pools.list('customer-17').map(({ status }) => status)).toEqual(['healthy', 'healthy', 'healthy']);
    expect((await ask('customer-17')).status).toBe(200);
    const called = pools.list().filter(({ successCount }) => successCount > 0);
    expect(called.map(({ provider }) => provider)).toEqual(['customer-17']);
    const { body } = await api.send('get', '/health/keys').expect(200);
    const { openai, 'customer-17': customer } = body.key_pools.providers as Record<string, object>;
    expect(customer).toMatchObject({ like: 'openai', tenant: 'Customer 17', total_keys: 3, state: 'serving' });
    expect(openai).not.toHaveProperty('like');
    await api.send('get', '/analytics/customer-17').expect(200);
    await api.send('get', '/admin/providers/customer-17/keys').expect(200);
  });

  it('are counted in metrics as the provider that they are like, however many there are', async () => {
    for (let n = 0; n < 30; n += 1) await pools.openPool(`customer-${n}`, { like: 'openai', keys: [theirs[n % 3]!] });
    const executor = api.app.get(RetryExecutorService);
    for (let n = 0; n < 30; n += 1) await executor.executeOrThrow(`customer-${n}`, () => Promise.resolve(n));
    const text = await api.app.get(KeyMetricsService).text();
    expect(text).toContain('ai_keys_calls_total{provider="openai",result="success"} 30');
    expect(text).toContain('ai_keys_pool_keys{provider="openai",status="healthy"} 31');
    expect(text).not.toContain('customer');
  });

  it('say nothing of the app where their keys are dead, and tell nobody their names who may not know them', async () => {
    for (const key of theirs) simulator.openai.key(key, { kind: 'invalid' });
    await pools.openPool('customer-17', { like: 'openai', keys: theirs });
    expect(pools.list('customer-17').map(({ status }) => status)).toEqual(theirs.map(() => 'invalid_key'));
    await api.app.get(RetryExecutorService).execute('customer-17', () => Promise.resolve(1), { maxWaitMs: 0 });
    const health = await api.send('get', '/health').expect(200);
    await api.send('get', '/health/ready').expect(200);
    expect(JSON.stringify(health.body)).not.toContain('customer');
  });

  it('are unknown once they are closed, after the calls under way have ended', async () => {
    const opened = await pools.openPool('customer-17', { like: 'openai', keys: theirs });
    const executor = api.app.get(RetryExecutorService);
    let answer: (value: string) => void = () => undefined;
    const underWay = executor.execute('customer-17', () => new Promise<string>((resolve) => (answer = resolve)));
    await new Promise(setImmediate);
    const closing = opened.close();
    const late = await executor.execute('customer-17', () => Promise.resolve('late'));
    expect(late).toMatchObject({ success: false, error: { code: 'UNKNOWN_PROVIDER' } });
    await expect(ask('customer-17')).rejects.toThrow(UnknownProviderError);
    answer('in time');
    expect(await underWay).toMatchObject({ success: true, response: 'in time' });
    await closing;
    await opened.close();
    expect(pools.list('customer-17')).toEqual([]);
    expect(names()).toEqual(BUILT_IN);
    await api.send('get', '/analytics/customer-17').expect(404);
    expect((await ask('openai')).status).toBe(200);
  });

  it('take up again what was learned of their keys', async () => {
    simulator.openai.key(theirs[0]!, { kind: 'exhausted' });
    const first = await pools.openPool('customer-17', { like: 'openai', keys: theirs });
    while (pools.list('customer-17').every(({ status }) => status !== 'quota_exceeded')) await ask('customer-17');
    const counts = pools.list('customer-17').map(({ id, status, successCount }) => [id, status, successCount]);
    await first.close();
    await pools.openPool('customer-17', { like: 'openai', keys: theirs });
    const again = pools.list('customer-17').map(({ id, status, successCount }) => [id, status, successCount]);
    expect(again).toEqual(counts);
  });

  it('can be opened and closed again and again', async () => {
    for (let n = 0; n < 20; n += 1) {
      const opened = await pools.openPool('customer-17', { like: 'openai', keys: [theirs[n % 3]!] });
      await api.app.get(RetryExecutorService).executeOrThrow('customer-17', () => Promise.resolve(n));
      await opened.close();
    }
    expect(names()).toEqual(BUILT_IN);
    expect([...pools.openedLike('openai')]).toEqual([]);
  });

  it.each<[string, string, unknown, RegExp]>([
    ['a name that no URL can hold', 'customer 17', {}, /name: must be of letters/],
    ['the name of a provider', 'openai', {}, /name: "openai" is a provider of this app/],
    ['an unknown provider to be like', 'x', { like: 'opnai' }, /like: .*did you mean openai\?/],
    ['no provider to be like', 'x', { like: undefined }, /like is needed/],
    ['no keys', 'x', { keys: [] }, /keys must be a list of one key or more/],
    ['a key that is none', 'x', { keys: [{ label: 'none' }] }, /keys\.0\.key/],
    ['an unknown option', 'x', { tennant: 'x' }, /Did you mean tenant\?/],
    ['a tenant of control characters', 'x', { tenant: 'a\nb' }, /tenant must be 1 to 100 printable characters/],
  ])('are refused for %s', async (_, name, options, message) => {
    const given = { like: 'openai', keys: theirs, ...(options as object) } as OpenPoolOptions;
    const refused = pools.openPool(name, given);
    await expect(refused).rejects.toThrow(KeyManagementConfigurationError);
    await expect(refused).rejects.toThrow(message);
    expect(names()).toEqual(BUILT_IN);
    expect((await ask('openai')).status).toBe(200);
  });

  it('are no example for other pools, and are opened once at a time', async () => {
    await pools.openPool('customer-17', { like: 'openai', keys: theirs });
    await expect(pools.openPool('customer-18', { like: 'customer-17', keys: theirs })).rejects.toThrow(/^.*like: /s);
    await expect(pools.openPool('customer-17', { like: 'openai', keys: theirs })).rejects.toThrow(
      /a pool that is open/,
    );
  });
});
