import type { TestingModule } from '@nestjs/testing';
import {
  KeyManagerService,
  KeyMetricsService,
  KeyPoolService,
  RetryExecutorService,
  type Budget,
  type KeyEvent,
  type ManagedCall,
  type ProviderOptions,
  type RunsOutEvent,
} from '../../src/key-management';
import { VendorSimulator, type SimulatedVendor } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';
import { turns } from '../support/turns';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('when what is left of keys runs out', () => {
  let simulator: VendorSimulator;
  let deepseek: SimulatedVendor;
  let clock: FakeClock;
  let cluster: Cluster;
  let apps: TestingModule[];
  let events: RunsOutEvent[];
  /** What is left of each key, by the vendor's books. */
  let balances: Map<string, number>;

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    deepseek = simulator.compatible('deepseek');
    clock = new FakeClock();
    cluster = new Cluster();
    cluster.lockTime = () => clock.now();
    [apps, events, balances] = [[], [], new Map()];
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    await simulator.close();
  });

  const noteRunOut = (event: KeyEvent): void => {
    if (event.type === 'runs_out') events.push(event);
  };
  async function start(keys: readonly string[]): Promise<TestingModule> {
    const app = await startKeyManagement(
      { store: cluster.member(), providers: { deepseek: { keys: [...keys], baseUrl: deepseek.baseUrl } } },
      { clock, random: () => 0.5 },
    );
    apps.push(app);
    app.get(KeyPoolService).events$.subscribe(noteRunOut);
    await app.get(KeyManagerService).forceHealthCheck();
    await clock.advance(1_000);
    return app;
  }
  const newKeys = (count: number, left: number): string[] => {
    const keys = deepseek.newKeys(count);
    for (const key of keys) balances.set(key, left);
    return keys;
  };
  const tellBalances = (): void => {
    for (const [key, left] of balances) {
      const info = { currency: 'USD', total_balance: left.toFixed(4), granted_balance: '0.00' };
      const body = { is_available: left > 0, balance_infos: [info] };
      deepseek.key(key, { kind: 'answer', operations: ['balance'], status: 200, body });
    }
  };
  /** Time goes by, and each key spends so much in an hour. The app looks every minute, and sockets are served meanwhile. */
  const pass = async (ms: number, perHour: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += MINUTE) {
      for (const [key, left] of balances) balances.set(key, left - perHour / 60);
      tellBalances();
      await clock.advance(MINUTE);
      await turns(10);
    }
  };
  const asked = (): number => [...deepseek.calls].filter(({ path }) => path === '/user/balance').length;
  const shown = (app: TestingModule) =>
    app.get(KeyManagerService).getComprehensiveStatus().key_pools.providers.deepseek!;

  it('the balance is asked of the vendor every quarter of an hour, by one instance, and shown by all', async () => {
    const keys = newKeys(2, 100);
    tellBalances();
    const [one, two] = [await start(keys), await start(keys)];
    await pass(2 * HOUR, 1);
    expect(asked()).toBeGreaterThanOrEqual(2 * 7);
    expect(asked()).toBeLessThanOrEqual(2 * 10);
    for (const app of [one, two]) {
      const [key] = app.get(KeyPoolService).list('deepseek');
      expect(key!.balance).toMatchObject({ unit: 'usd', readAt: expect.any(Date) });
      expect(key!.balance!.left).toBeCloseTo(98, 0);
      // 98 USD at one an hour.
      expect((key!.runsOutAt!.getTime() - clock.now()) / HOUR).toBeCloseTo(98, -1);
      expect(shown(app)).toMatchObject({
        runs_out_at: expect.any(String),
        keys: [
          {
            balance: { left: expect.any(Number), unit: 'usd', read_at: expect.any(String) },
            runs_out_at: expect.any(String),
          },
          expect.anything(),
        ],
      });
    }
    expect(events).toEqual([]);
  });

  it('is told a day and two hours ahead, once over instances and restarts', async () => {
    const keys = newKeys(1, 26);
    tellBalances();
    await start(keys);
    await start(keys);
    await pass(1.8 * HOUR, 1);
    expect(events).toEqual([]);
    await pass(0.7 * HOUR, 1);
    expect(events).toEqual([
      expect.objectContaining({ type: 'runs_out', provider: 'deepseek', hours: 24, unit: 'usd', by: 'time' }),
    ]);
    const [{ keyId, maskedKey, left, runsOutAt, reason }] = events as [RunsOutEvent];
    const [key] = apps[0]!.get(KeyPoolService).list('deepseek');
    expect([keyId, maskedKey]).toEqual([key!.id, key!.maskedKey]);
    expect(left).toBeGreaterThan(20);
    expect(runsOutAt.getTime()).toBeGreaterThan(clock.now());
    expect(reason).toMatch(/^The [\d.]+ usd left of key .* of deepseek will be spent by 2026-/);
    await apps.shift()!.close();
    await start(keys);
    await pass(1.5 * HOUR, 1);
    expect(events.map(({ hours }) => hours)).toEqual([24]);
    await pass(1.8 * HOUR, 11);
    expect(events.map(({ hours }) => hours)).toEqual([24, 2]);
  });

  it('is told of the provider where all of its keys run out', async () => {
    const keys = newKeys(2, 24);
    tellBalances();
    await start(keys);
    await pass(3 * HOUR, 1);
    expect(events.map(({ keyId, hours }) => [keyId !== undefined, hours]).sort()).toEqual([
      [false, 24],
      [true, 24],
      [true, 24],
    ]);
  });

  it('changes nothing of a key where the vendor does not tell, and says nothing where nothing is spent', async () => {
    const keys = newKeys(1, 10);
    deepseek.key(keys[0]!, { kind: 'answer', operations: ['balance'], status: 401, body: { error: 'no' } });
    const app = await start(keys);
    for (let n = 0; n < 10; n += 1) {
      await clock.advance(5 * MINUTE);
      await turns(50);
    }
    const [key] = app.get(KeyPoolService).list('deepseek');
    expect(key).toMatchObject({ status: 'healthy', errorCount: 0 });
    expect(key!.balance).toBeUndefined();
    await pass(3 * HOUR, 0);
    expect(app.get(KeyPoolService).list('deepseek')[0]!.balance?.left).toBe(10);
    expect(shown(app)).toMatchObject({ runs_out_at: null, keys: [{ runs_out_at: null }] });
    expect(events).toEqual([]);
  });

  it('is foretold of the limits of a day, and told two hours ahead', async () => {
    const { openai } = simulator;
    const [key] = openai.newKeys(1);
    const limits = { requestsPerDay: 240 };
    const app = await startKeyManagement(
      { providers: { openai: { keys: [{ key: key!, limits }], baseUrl: openai.baseUrl } } },
      { clock },
    );
    apps.push(app);
    app.get(KeyPoolService).events$.subscribe(noteRunOut);
    await app.get(KeyManagerService).forceHealthCheck();
    const call = async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        await app.get(RetryExecutorService).execute('openai', () => Promise.resolve('hello'));
        await clock.advance(MINUTE);
      }
    };
    await call(90);
    const [shownKey] = app.get(KeyPoolService).list('openai');
    expect((shownKey!.runsOutAt!.getTime() - clock.now()) / MINUTE).toBeCloseTo(150, -1);
    expect(shownKey!.balance).toBeUndefined();
    expect(events).toEqual([]);
    await call(45);
    expect(events).toMatchObject([{ provider: 'openai', keyId: shownKey!.id, hours: 2, unit: 'requests' }]);
    // The next day begins with all of it.
    await clock.advance(24 * HOUR);
    expect(app.get(KeyPoolService).list('openai')[0]!.runsOutAt).toBeUndefined();
    expect(events).toHaveLength(1);
  });

  /** An app of OpenAI keys, on the cluster's store. */
  async function startOpenAi(
    keys: readonly string[],
    more: Pick<ProviderOptions, 'budgets' | 'keys'> = {},
  ): Promise<TestingModule> {
    const { baseUrl } = simulator.openai;
    const app = await startKeyManagement(
      {
        ...{ store: cluster.member(), metrics: { perKey: true } },
        providers: { openai: { keys: [...keys], baseUrl, ...more } },
      },
      { clock },
    );
    apps.push(app);
    app.get(KeyPoolService).events$.subscribe(noteRunOut);
    await app.get(KeyManagerService).forceHealthCheck();
    await clock.advance(1_000);
    return app;
  }
  /** A call a minute of each app. */
  const callEach = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      for (const app of apps) await app.get(RetryExecutorService).execute('openai', () => Promise.resolve('hello'));
      await clock.advance(MINUTE);
    }
  };
  const hoursLeft = (date: Date | string | null | undefined): number =>
    (new Date(date ?? NaN).getTime() - clock.now()) / HOUR;
  const openAiShown = (app: TestingModule) =>
    app.get(KeyManagerService).getComprehensiveStatus().key_pools.providers.openai!;

  const metric = async (app: TestingModule, name: string, label = ''): Promise<number> => {
    const text = await app.get(KeyMetricsService).text();
    const line = new RegExp(`^ai_keys_${name}_timestamp_seconds\\{provider="openai"${label}\\} (.*)$`, 'm');
    return Number(line.exec(text)?.[1]);
  };

  it('is a metric of accounts and keys, too', async () => {
    const [one, two] = simulator.openai.newKeys(2);
    const budgets: Budget[] = [{ requests: 300, per: 'day', scope: 'account' }];
    const keys = [
      { key: one!, quotaGroup: 'team', budgets },
      { key: two!, quotaGroup: 'team' },
    ];
    const app = await startOpenAi([], { keys });
    await callEach(65);
    const { runsOutAt } = app.get(KeyPoolService).list('openai')[0]!;
    expect(Math.abs(hoursLeft(runsOutAt) / (235 / 60) - 1)).toBeLessThan(0.1);
    const ofAccount = await metric(app, 'account_runs_out', ',account="team"');
    expect(ofAccount).toBeCloseTo(runsOutAt!.getTime() / 1_000, 2);
    for (const { id } of app.get(KeyPoolService).list('openai'))
      expect(await metric(app, 'key_runs_out', `,key_id="${id}"`)).toBeCloseTo(ofAccount, 2);
  });

  it('has a range in status, analytics and metrics, until it is sure', async () => {
    const app = await startOpenAi(simulator.openai.newKeys(2), { budgets: [{ requests: 2_000, per: 'month' }] });
    expect(openAiShown(app)).toMatchObject({ runs_out_at: null, runs_out_between: null });
    await callEach(30);
    const status = openAiShown(app);
    const range = status.runs_out_between!;
    // 2,000 less 30, at one a minute.
    expect(hoursLeft(range.earliest)).toBeLessThan(32);
    expect(hoursLeft(range.latest)).toBeGreaterThan(34);
    const same = { runs_out_at: null, runs_out_between: range };
    expect(status).toMatchObject({ ...same, budgets: [same], keys: [{ ...same, budgets: [same] }, same] });
    const { summary, keys } = app.get(KeyManagerService).getProviderAnalytics('openai');
    expect([summary, keys[0]]).toMatchObject([{ ...same, budgets: [same] }, same]);
    const [snapshot] = app.get(KeyPoolService).list('openai');
    const dates = { earliest: new Date(range.earliest), latest: new Date(range.latest!) };
    expect(snapshot).toMatchObject({ runsOutBetween: dates, budgets: [{ runsOutBetween: dates }] });
    expect(snapshot!.runsOutAt).toBeUndefined();
    expect(await metric(app, 'runs_out_earliest')).toBeCloseTo(dates.earliest.getTime() / 1_000, 2);
    expect(await metric(app, 'runs_out_latest')).toBeCloseTo(dates.latest.getTime() / 1_000, 2);
    expect(await metric(app, 'runs_out')).toBeNaN();
    await callEach(35);
    const later = openAiShown(app);
    expect(later.runs_out_between).toBeNull();
    expect(Math.abs(hoursLeft(later.runs_out_at) / 32.25 - 1)).toBeLessThan(0.1);
    expect([await metric(app, 'runs_out_earliest'), await metric(app, 'runs_out_latest')]).toEqual([NaN, NaN]);
    expect(await metric(app, 'runs_out')).toBeCloseTo(Date.parse(later.runs_out_at!) / 1_000, 2);
  });

  it('goes on after a restart in the middle of the hour', async () => {
    const keys = simulator.openai.newKeys(1);
    const budgets: Budget[] = [{ requests: 3_000, per: 'month' }];
    const first = await startOpenAi(keys, { budgets });
    await callEach(35);
    await first.close();
    apps.pop();
    const second = await startOpenAi(keys, { budgets });
    await callEach(27);
    // 3,000 less 62, at one a minute.
    expect(Math.abs(hoursLeft(openAiShown(second).runs_out_at) / 49 - 1)).toBeLessThan(0.1);
  });

  it('names no single key where the budget of all is spent soon', async () => {
    await startOpenAi(simulator.openai.newKeys(2), { budgets: [{ requests: 150, per: 'day' }] });
    await callEach(75);
    expect(events).toMatchObject([{ hours: 2, unit: 'requests', provider: 'openai' }]);
    expect(events[0]).not.toHaveProperty('keyId');
    expect(events[0]!.reason).toMatch(/left of openai will be spent/);
  });

  it('is right where the balance is topped up meanwhile', async () => {
    const [key] = newKeys(1, 60);
    tellBalances();
    const app = await start([key!]);
    await pass(1.2 * HOUR, 2);
    balances.set(key!, 90);
    await pass(1.8 * HOUR, 2);
    const left = balances.get(key!)!;
    expect(Math.abs(hoursLeft(shown(app).runs_out_at) / (left / 2) - 1)).toBeLessThan(0.1);
  });

  it('is foretold of what headers say is left of a day', async () => {
    const groq = simulator.compatible('groq');
    const [key] = groq.newKeys(1);
    const app = await startKeyManagement({ providers: { groq: { keys: [key!], baseUrl: groq.baseUrl } } }, { clock });
    apps.push(app);
    await app.get(KeyManagerService).forceHealthCheck();
    let left = 1_000;
    const body = JSON.stringify({ model: 'llama', messages: [{ role: 'user', content: 'Hello!' }] });
    const ask: ManagedCall<string> = async ({ fetch, apiKey }) => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
      const response = await fetch(`${groq.baseUrl}/v1/chat/completions`, { method: 'POST', headers, body });
      return response.text();
    };
    for (let minute = 0; minute < 90; minute += 1) {
      left -= 5;
      const headers = {
        'x-ratelimit-limit-requests': '1000',
        'x-ratelimit-remaining-requests': String(left),
        'x-ratelimit-reset-requests': `${Math.round((1_000 - left) * 86.4)}s`,
      };
      groq.key(key!, { kind: 'answer', operations: ['generate'], status: 200, headers, body: {} });
      await app.get(RetryExecutorService).execute('groq', ask, { model: 'llama' });
      await clock.advance(MINUTE);
    }
    const [shownKey] = app.get(KeyPoolService).list('groq');
    expect((shownKey!.runsOutAt!.getTime() - clock.now()) / MINUTE).toBeCloseTo(left / 5, -1);
    expect(app.get(KeyManagerService).getComprehensiveStatus().key_pools.providers.groq!.runs_out_at).toBeNull();
  });
});
