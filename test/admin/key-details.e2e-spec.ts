import { keyIdOf, ManagedFetchService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { startApi, VIEWER, type ApiUnderTest } from './support';

const [FIRST, SECOND] = [1, 2].map((n) => fakeKey('openai', n)) as [string, string];
const KEYS = '/admin/providers/openai/keys';

describe('one key in full', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    for (const key of [FIRST, SECOND]) simulator.openai.key(key);
    const limits = { requestsPerMinute: 10, requestsPerDay: 100 };
    const keys = [
      { key: FIRST, quotaGroup: 'org-1', limits },
      { key: SECOND, quotaGroup: 'org-1', tier: 1, limits },
    ];
    api = await startApi({ options: { providers: { openai: { keys, baseUrl: simulator.openai.baseUrl } } } });
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  const details = async (key: string) => (await api.send('get', `${KEYS}/${keyIdOf(key)}`, VIEWER).expect(200)).body;
  const events = async (query: string): Promise<Record<string, unknown>[]> =>
    (await api.send('get', `/admin/events?${query}`, VIEWER).expect(200)).body.events;
  const chat = async (model: string): Promise<void> => {
    const fetch = api.app.get(ManagedFetchService).for('openai');
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
    const url = `${simulator.openai.baseUrl}/v1/chat/completions`;
    const answer = await fetch(url, { method: 'POST', body });
    await answer.text();
    expect(answer.status).toBe(200);
  };

  it('has what is left of its limits, who shares them, and what its calls used by model', async () => {
    expect(await details(FIRST)).toMatchObject({ account_keys: 2, usage_by_model: [] });
    await chat('gpt-5');
    await chat('gpt-5');
    await chat('gpt-5-nano');
    const body = await details(FIRST);
    expect(body.limits_left.filter(({ from }: { from: string }) => from === 'settings')).toEqual([
      { from: 'settings', model: null, unit: 'requests', per: 'minute', limit: 10, left: 7, ends_at: null },
      {
        ...{ from: 'settings', model: null, unit: 'requests', per: 'day', limit: 100, left: 97 },
        ends_at: expect.stringMatching(/T00:00:00.000Z$/),
      },
    ]);
    expect(body.limits_left).toContainEqual(
      expect.objectContaining({ from: 'vendor', model: 'gpt-5', unit: 'requests', per: 'minute' }),
    );
    expect(body.usage_by_model).toMatchObject([
      { model: 'gpt-5', requests: 2 },
      { model: 'gpt-5-nano', requests: 1 },
    ]);
    expect((await details(SECOND)).usage_by_model).toEqual([]);
    const text = JSON.stringify([body, await details(SECOND)]);
    for (const key of [FIRST, SECOND]) expect(text).not.toContain(key);
  });

  it('has the budgets that are stated for it, as they are sent to change them, and none of those of its provider', async () => {
    const path = `${KEYS}/${keyIdOf(FIRST)}`;
    const budgets = [
      { usd: 12.5, per: 'month', time_zone: 'Europe/Paris', scope: 'account' },
      { tokens: 1_000_000, per: 'day' },
    ];
    await api.send('patch', path).send({ budgets }).expect(200);
    expect((await details(FIRST)).own_budgets).toEqual(budgets);
    // The account's budget counts its calls too, and is stated for another key.
    expect(await details(SECOND)).toMatchObject({ budgets: [{ scope: 'account' }], own_budgets: [] });
    await api.send('patch', path).send({ budgets: null }).expect(200);
    expect((await details(FIRST)).own_budgets).toEqual([]);
  });

  it('has its own events: what it met, and what administrators did to it', async () => {
    for (const key of [FIRST, SECOND])
      await api
        .send('patch', `${KEYS}/${keyIdOf(key)}`)
        .send({ enabled: false })
        .expect(200);
    const own = await events(`provider=openai&key_id=${keyIdOf(FIRST)}`);
    expect(own.map(({ type, to }) => to ?? type)).toEqual(['admin_action', 'disabled', 'healthy']);
    expect(own.every(({ key_id: id }) => id === keyIdOf(FIRST))).toBe(true);
    expect(await events(`key_id=${keyIdOf(FIRST)}&type=status_changed`)).toHaveLength(2);
    expect(await events('key_id=ffffffffffffffff')).toEqual([]);
    const { body } = await api.send('get', '/admin/events?key_id=NO%20ID', VIEWER).expect(400);
    expect(body.problems).toEqual([{ field: 'key_id', problem: expect.stringContaining('key id') }]);
  });
});
