import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import type { TestingModule } from '@nestjs/testing';
import {
  keyIdOf,
  KeyPoolService,
  RetryExecutorService,
  type CallContext,
  type KeyStoreOptions,
} from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { until } from '../store/app-instance';
import { parseMetrics } from '../metrics/prometheus-text';
import { fakeKey, VendorSimulator } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';

const KEY = fakeKey('openai', 1);
const ID = keyIdOf(KEY);
const PATH = `/admin/providers/openai/keys/${ID}`;
/** A US dollar for a million tokens. */
const prices = { 'openai/gpt-5-nano': { inputUsdPerMillion: 1, outputUsdPerMillion: 1 } };
/** What an SDK gives: an answer that cost a US dollar. */
const answer = () => Promise.resolve({ usage: { prompt_tokens: 900_000, completion_tokens: 100_000 } });

describe('budgets', () => {
  let simulator: VendorSimulator;
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    simulator.openai.key(KEY);
  });
  afterEach(() => simulator.close());

  const openai = (budgets?: object[]) => ({ keys: [{ key: KEY, budgets }], baseUrl: simulator.openai.baseUrl });

  describe('over the API', () => {
    let api: ApiUnderTest;
    beforeEach(async () => {
      api = await startApi({
        options: { providers: { openai: openai() as never }, healthCheckDepth: 'light', prices },
      });
    });
    afterEach(() => api.app.close());
    const call = (model: string | undefined = 'gpt-5-nano') =>
      api.app.get(RetryExecutorService).execute('openai', answer, { model, maxWaitMs: 2_000 });

    it('are set, shown, raised and taken away', async () => {
      const set = await api
        .send('patch', PATH)
        .send({ budgets: [{ usd: 2, per: 'month', time_zone: 'Asia/Kolkata' }] });
      expect(set.body).toMatchObject({
        budgets: [{ scope: 'key', per: 'month', unit: 'usd', limit: 2, spent: 0, runs_out_at: null }],
      });
      expect((set.body as { budgets: { ends_at: string }[] }).budgets[0]!.ends_at).toMatch(/T18:30:00.000Z$/);
      expect([(await call()).success, (await call()).success]).toEqual([true, true]);
      expect(await call()).toMatchObject({
        success: false,
        error: { code: 'NO_HEALTHY_KEYS' },
        errorMessage: expect.stringContaining('cooling_down (budget of 2 USD per month is spent') as string,
      });
      const { body } = await api.send('get', '/health/keys');
      const [key] = (body as { key_pools: { providers: { openai: { keys: unknown[] } } } }).key_pools.providers.openai
        .keys;
      expect(key).toMatchObject({
        status: 'cooling_down',
        reason: expect.stringContaining('budget of 2 USD per month is spent') as string,
        budgets: [{ spent: 2, limit: 2 }],
      });
      const events = await api.send('get', '/admin/events?type=budget_threshold');
      const told = (events.body as { events: Record<string, unknown>[] }).events;
      expect(told.map(({ percent, unit, limit, key_id }) => [percent, unit, limit, key_id])).toEqual([
        [100, 'usd', 2, ID],
        [50, 'usd', 2, ID],
      ]);
      const raised = await api
        .send('patch', PATH)
        .send({ budgets: [{ usd: 3, per: 'month', time_zone: 'Asia/Kolkata' }] });
      expect(raised.body).toMatchObject({ status: 'healthy', budgets: [{ spent: 2, limit: 3 }] });
      expect([(await call()).success, (await call()).success]).toEqual([true, false]);
      expect((await api.send('patch', PATH).send({ budgets: null })).body).toMatchObject({
        status: 'healthy',
        budgets: [],
      });
      expect((await call()).success).toBe(true);
    });

    it.each<[object, string]>([
      [{ usd: -1, per: 'day' }, 'budgets.0.usd'],
      [{ usd: 0, per: 'day' }, 'budgets.0.usd'],
      [{ usd: 1, requests: 1, per: 'day' }, 'budgets.0'],
      [{ per: 'day' }, 'budgets.0'],
      [{ usd: 1, per: 'week' }, 'budgets.0.per'],
      [{ usd: 1, per: 'day', time_zone: 'Mars/Olympus' }, 'budgets.0.time_zone'],
      [{ usd: 1, per: 'day', scope: 'provider' }, 'budgets.0.scope'],
    ])('that make no sense (%j) are refused, and change nothing', async (budget, field) => {
      await api
        .send('patch', PATH)
        .send({ budgets: [{ requests: 7, per: 'day' }] })
        .expect(200);
      const refused = await api
        .send('patch', PATH)
        .send({ budgets: [budget], label: 'x' })
        .expect(400);
      expect((refused.body as { problems: { field: string }[] }).problems.map((each) => each.field)).toContain(field);
      const { body } = await api.send('get', PATH);
      expect(body).toMatchObject({ label: null, budgets: [{ limit: 7, unit: 'requests' }] });
    });

    it('in US dollars refuse calls for a model whose answer had no known price, and say so', async () => {
      await api.send('patch', PATH).send({ budgets: [{ usd: 2, per: 'day' }] });
      expect(await call('gpt-99')).toMatchObject({ success: true, usage: { inputTokens: 900_000 } });
      expect(await call('gpt-99')).toMatchObject({
        errorMessage:
          'No key of openai can be used for gpt-99: budgets in USD count its calls, and the price of gpt-99 is not known. ' +
          'Say it in the option prices, or have @pydantic/genai-prices know it (npm i @pydantic/genai-prices), or make budgets of tokens or requests.',
      });
    });

    it('say when a call fits again that would take more than is left, and at once', async () => {
      await api.send('patch', PATH).send({ budgets: [{ usd: 2, per: 'month' }] });
      expect((await call()).success).toBe(true);
      const options = { model: 'gpt-5-nano', estimatedTokens: 1_500_000, maxWaitMs: 2_000 };
      const refused = await api.app.get(RetryExecutorService).execute('openai', answer, options);
      const [budget] = api.app.get(KeyPoolService).get('openai', ID)!.budgets;
      expect(refused).toMatchObject({
        success: false,
        error: { code: 'NO_HEALTHY_KEYS', soonestRecovery: budget!.endsAt },
        errorMessage: expect.stringContaining('without enough left of its budgets') as string,
      });
      expect((await call()).success).toBe(true);
    });

    it('in US dollars count calls that name no model by the model that answers', async () => {
      await api.send('patch', PATH).send({ budgets: [{ usd: 2, per: 'day' }] });
      const executor = api.app.get(RetryExecutorService);
      const named = async () => ({ model: 'gpt-5-nano', ...(await answer()) });
      expect(await executor.execute('openai', named)).toMatchObject({ success: true, usage: { costUsd: 1 } });
      expect((await api.send('get', PATH)).body).toMatchObject({ budgets: [{ spent: 1 }] });
    });

    it('count what reached nobody as nothing, and what an app says after the call', async () => {
      await api.send('patch', PATH).send({ budgets: [{ usd: 2, per: 'day' }] });
      const executor = api.app.get(RetryExecutorService);
      const options = { model: 'gpt-5-nano', estimatedTokens: 500_000, maxRetries: 0 };
      const gone = await VendorSimulator.start();
      await gone.close();
      await executor.execute('openai', () => fetch(gone.openai.baseUrl), options);
      const spent = async (): Promise<number> =>
        ((await api.send('get', PATH)).body as { budgets: { spent: number }[] }).budgets[0]!.spent;
      expect(await spent()).toBe(0);
      let context: CallContext | undefined;
      await executor.execute('openai', (given) => Promise.resolve((context = given)), options);
      expect(await spent()).toBe(0.5);
      context!.reportUsage({ inputTokens: 100_000 });
      expect(await spent()).toBe(0.1);
    });
  });

  it('of a provider and of accounts stand in the status, the analytics and the metrics, and those of keys with the keys', async () => {
    const day = { per: 'day' as const };
    const budgets = [{ usd: 4, ...day }];
    const keys = [
      {
        key: KEY,
        quotaGroup: 'team',
        budgets: [
          { tokens: 5_000_000, ...day, scope: 'account' as const },
          { requests: 9, ...day },
        ],
      },
    ];
    const options = { providers: { openai: { keys, budgets, baseUrl: simulator.openai.baseUrl } }, prices };
    const api = await startApi({ options: { ...options, healthCheckDepth: 'light', metrics: { perKey: true } } });
    await api.app.get(RetryExecutorService).execute('openai', answer, { model: 'gpt-5-nano' });
    const shared = [
      { scope: 'provider', unit: 'usd', limit: 4, spent: 1, runs_out_at: null },
      { scope: 'account', account: 'team', unit: 'tokens', limit: 5_000_000, spent: 1_000_000 },
    ];
    const { body } = await api.send('get', '/health/keys');
    expect(body).toMatchObject({
      key_pools: {
        providers: { openai: { budgets: shared, keys: [{ budgets: [{ scope: 'key', spent: 1 }, {}, {}] }] } },
      },
    });
    expect((await api.send('get', '/analytics/openai')).body).toMatchObject({ summary: { budgets: shared } });
    const lines = parseMetrics((await api.send('get', '/metrics')).text).filter(({ name }) => name.includes('budget'));
    const shown = lines.map(({ name, labels, value }) => [
      name,
      labels.scope ?? labels.key_id,
      labels.account,
      labels.unit,
      labels.period,
      value,
    ]);
    expect(shown.toSorted()).toEqual(
      [
        ['ai_keys_budget_limit', 'account', 'team', 'tokens', 'day', 5_000_000],
        ['ai_keys_budget_limit', 'key', '', 'requests', 'day', 9],
        ['ai_keys_budget_limit', 'provider', '', 'usd', 'day', 4],
        ['ai_keys_budget_spent', 'account', 'team', 'tokens', 'day', 1_000_000],
        ['ai_keys_budget_spent', 'key', '', 'requests', 'day', 1],
        ['ai_keys_budget_spent', 'provider', '', 'usd', 'day', 1],
        ['ai_keys_key_budget_limit', ID, undefined, 'requests', 'day', 9],
        ['ai_keys_key_budget_spent', ID, undefined, 'requests', 'day', 1],
      ].toSorted(),
    );
    await api.app.close();
  });

  it('in US dollars warn at the start where no price of the vendor is known, and name the mend', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const acme = {
      compatibleWith: 'openai' as const,
      baseUrl: simulator.openai.baseUrl,
      budgets: [{ usd: 5, per: 'day' as const }],
    };
    const providers = {
      openai: openai([
        { requests: 9, per: 'day' },
        { usd: 2, per: 'day' },
      ]) as never,
      acme: { ...acme, keys: [fakeKey('openai', 2)] },
    };
    const app = await startKeyManagement({ providers, healthCheckDepth: 'light' });
    await app.close();
    const warned = warn.mock.calls.flatMap(([text]) => (String(text).includes('US dollars') ? [String(text)] : []));
    warn.mockRestore();
    expect(warned).toEqual([
      'providers.acme.budgets.0 is a budget in US dollars, and no price of acme is known: each call counts as 0.01 USD, and a model is refused once ' +
        'an answer has shown that its price is not known. Install the list of prices, npm i @pydantic/genai-prices (or pnpm add @pydantic/genai-prices), ' +
        'or state those of acme in the option prices.',
    ]);
  });

  it('in US dollars warn when they come while the app runs, too: by the API, by a key that is added, and by a source', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const warned = () =>
      warn.mock.calls.flatMap(
        ([text]) => /^A key of (\w+) has a budget in US dollars, and no price/.exec(String(text))?.[1] ?? [],
      );
    for (const n of [2, 3, 4]) simulator.openai.key(fakeKey('openai', n));
    let sourced = [{ key: fakeKey('openai', 4) } as object];
    let update: () => void = () => undefined;
    const source = {
      read: () => Promise.resolve(sourced as never),
      watch: (changed: () => void) => {
        update = changed;
        return () => undefined;
      },
    };
    const acme = { compatibleWith: 'openai' as const, baseUrl: simulator.openai.baseUrl };
    const api = await startApi({
      options: {
        providers: {
          openai: openai() as never,
          changed: { ...acme, keys: [fakeKey('openai', 2)] },
          added: acme,
          live: { ...acme, source },
        },
        healthCheckDepth: 'light',
      },
    });
    expect(warned()).toEqual([]);
    const budgets = [{ usd: 2, per: 'month' }];
    await api.send('patch', PATH).send({ budgets });
    expect(warned()).toEqual([]);
    const changed = `/admin/providers/changed/keys/${keyIdOf(fakeKey('openai', 2))}`;
    for (const set of [budgets, [], budgets]) await api.send('patch', changed).send({ budgets: set });
    expect(warned()).toEqual(['changed']);
    const post = (key: object) => api.send('post', '/admin/providers/added/keys').send({ keys: [key] });
    expect((await post({ key: fakeKey('openai', 3), budgets })).body).toMatchObject({
      notice: expect.stringContaining('no price of added is known: each call counts as 0.01 USD') as string,
    });
    expect(warned()).toEqual(['changed', 'added']);
    sourced = [{ ...sourced[0], budgets }];
    update();
    await until('the source is read', () => warned().length > 2);
    expect(warned()).toEqual(['changed', 'added', 'live']);
    await api.app.close();
    warn.mockRestore();
  });

  it('on the file store hold over restarts, also those that were set while the app ran', async () => {
    const path = await mkdtemp(join(tmpdir(), 'akm-budgets-'));
    const store: KeyStoreOptions = { kind: 'file', path };
    const start = (): Promise<TestingModule> =>
      startKeyManagement({ providers: { openai: openai() as never }, store, healthCheckDepth: 'light', prices });
    const call = async (app: TestingModule): Promise<boolean> =>
      (await app.get(RetryExecutorService).execute('openai', answer, { model: 'gpt-5-nano', maxWaitMs: 2_000 }))
        .success;
    let app = await start();
    await app.get(KeyPoolService).update('openai', ID, { budgets: [{ usd: 3, per: 'month' }] });
    expect([await call(app), await call(app)]).toEqual([true, true]);
    await app.close();
    app = await start();
    expect(app.get(KeyPoolService).get('openai', ID)!.budgets).toMatchObject([{ limit: 3, spent: 2 }]);
    expect([await call(app), await call(app)]).toEqual([true, false]);
    await app.close();
    app = await start();
    expect(app.get(KeyPoolService).get('openai', ID)).toMatchObject({
      status: 'cooling_down',
      reason: expect.stringContaining('budget of 3 USD per month is spent') as string,
      budgets: [{ spent: 3 }],
    });
    expect(await call(app)).toBe(false);
    await app.close();
    await rm(path, { recursive: true });
  });
});
