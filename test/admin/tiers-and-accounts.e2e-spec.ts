import { keyIdOf, KeyPoolService, RetryExecutorService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { startApi, type ApiUnderTest } from './support';

const [FIRST, SECOND, DECLARED] = [1, 2, 3].map((n) => fakeKey('openai', n)) as [string, string, string];

describe('tiers, limits of a day and accounts over HTTP', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  const pathOf = (key: string): string => `/admin/providers/openai/keys/${keyIdOf(key)}`;

  async function start(discoverAccounts?: boolean): Promise<void> {
    const keys = [FIRST, { key: SECOND, tier: 1 }, { key: DECLARED, quotaGroup: 'team', tier: 2 }];
    const openai = { keys, baseUrl: simulator.openai.baseUrl, discoverAccounts };
    api = await startApi({ adapter: 'express', options: { providers: { openai }, healthCheckDepth: 'light' } });
  }

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of [FIRST, SECOND, DECLARED]) simulator.openai.key(key);
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  const call = () =>
    api.app.get(RetryExecutorService).execute('openai', ({ keyId, account }) => Promise.resolve({ keyId, account }));
  /** The vendor says whose key it is. */
  async function name(organization: string): Promise<void> {
    const pool = api.app.get(KeyPoolService).pool('openai')!;
    await call();
    const lease = pool.lease()!;
    lease.answered(new Headers({ 'openai-organization': organization }));
    lease.settle('ok');
  }

  it('changes a tier by PATCH, and calls go by it at once', async () => {
    await start();
    expect(await call()).toMatchObject({ response: { keyId: keyIdOf(FIRST) } });
    await api.send('patch', pathOf(FIRST)).send({ tier: 5 }).expect(200);
    expect(await call()).toMatchObject({ response: { keyId: keyIdOf(SECOND) } });
    const { body } = await api.send('get', pathOf(FIRST)).expect(200);
    expect(body).toMatchObject({ tier: 5, quota_group: null, quota_group_from: null });
    const status = await api.send('get', '/health/keys').expect(200);
    expect(status.body.key_pools.providers.openai.keys).toContainEqual(
      expect.objectContaining({ id: keyIdOf(FIRST), tier: 5 }),
    );
  });

  it.each([-1, 0.5, 1_001, '1', null])('refuses the tier %j, and names the field', async (tier) => {
    await start();
    const { body } = await api.send('patch', pathOf(FIRST)).send({ tier }).expect(400);
    expect(JSON.stringify(body)).toContain('tier');
  });

  it('sets a limit of the day by PATCH, keeps to it, and takes it away again', async () => {
    await start();
    const limits = { requests_per_day: 2 };
    const { body } = await api.send('patch', pathOf(FIRST)).send({ limits }).expect(200);
    expect(body.limits).toMatchObject({ requests_per_day: 2, tokens_per_day: null });
    const pools = api.app.get(KeyPoolService);
    const used: unknown[] = [];
    // What the day allows is claimed in the store a little at a time; meanwhile the other tiers serve.
    while (pools.get('openai', keyIdOf(FIRST))!.status === 'healthy') {
      const result = await call();
      used.push(result.success && result.response.keyId);
      await new Promise(setImmediate);
    }
    expect(used.filter((id) => id === keyIdOf(FIRST))).toHaveLength(2);
    const limited = await api.send('get', pathOf(FIRST)).expect(200);
    expect(limited.body).toMatchObject({
      status: 'rate_limited',
      reason: expect.stringContaining('The limit of 2 requests a day is reached.') as string,
      cooldown_until: expect.stringContaining('T00:00:00.000Z') as string,
    });
    const freed = await api.send('patch', pathOf(FIRST)).send({ limits: { requests_per_day: null } });
    expect(freed.body).toMatchObject({ status: 'healthy', limits: { requests_per_day: null } });
  });

  it('shows a declared account and a discovered one, to people and to calls', async () => {
    await start();
    await name('org-a');
    const keys = await api.send('get', '/admin/providers/openai/keys').expect(200);
    const accounts = Object.fromEntries(
      (keys.body.keys as { id: string; quota_group: string; quota_group_from: string }[]).map((key) => [
        key.id,
        [key.quota_group, key.quota_group_from],
      ]),
    );
    expect(accounts).toEqual({
      [keyIdOf(FIRST)]: ['org-a', 'discovered'],
      [keyIdOf(SECOND)]: [null, null],
      [keyIdOf(DECLARED)]: ['team', 'declared'],
    });
    expect(await call()).toMatchObject({ response: { account: 'org-a' }, attempts: [{ account: 'org-a' }] });
  });

  it('discovers no account where discoverAccounts is false', async () => {
    await start(false);
    await name('org-a');
    const { body } = await api.send('get', pathOf(FIRST)).expect(200);
    expect(body).toMatchObject({ quota_group: null, quota_group_from: null });
  });
});
