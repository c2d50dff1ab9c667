import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyPoolService, keyIdOf, RetryExecutorService, type OpenedPool } from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';

interface Counts {
  readonly requests: number;
  readonly minutes: number;
  readonly keyMinutes: number;
  readonly responseTimes: boolean;
}

describe.each(['memory', 'file'] as const)('what is counted of pools that are opened, on a %s store', (kind) => {
  let simulator: VendorSimulator;
  let own: string;
  let key: string;
  let path: string;
  let api: ApiUnderTest;

  const start = async (): Promise<void> => {
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    api = await startApi({ options: { providers, store: kind === 'file' ? { kind, path } : { kind } } });
  };
  const open = (): Promise<OpenedPool> =>
    api.app.get(KeyPoolService).openPool('customer-17', { like: 'openai', keys: [key] });
  const call = async (times: number, provider = 'customer-17'): Promise<void> => {
    const executor = api.app.get(RetryExecutorService);
    for (let n = 0; n < times; n += 1) await executor.executeOrThrow(provider, () => Promise.resolve(n));
  };
  const sumOf = (entries: readonly { requests: number }[]): number =>
    entries.reduce((sum, { requests }) => sum + requests, 0);
  const counted = async (): Promise<Counts> => {
    const { body } = await api.send('get', '/analytics/customer-17').expect(200);
    const keyId = keyIdOf(key);
    const minutes = await api.send('get', '/analytics/customer-17/timeline?resolution=minute').expect(200);
    const ofKey = await api.send('get', `/analytics/customer-17/keys/${keyId}/timeline?resolution=minute`).expect(200);
    return {
      requests: body.summary.requests,
      minutes: sumOf(minutes.body.timeline),
      keyMinutes: sumOf(ofKey.body.timeline),
      responseTimes: body.summary.response_time !== null,
    };
  };
  const totalRequests = async (): Promise<number> => {
    const { body } = await api.send('get', '/health/keys').expect(200);
    return body.global_stats.total_requests;
  };

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    [own, key] = simulator.openai.newKeys(2) as [string, string];
    path = mkdtempSync(join(tmpdir(), 'opened-pools-'));
    await start();
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
    rmSync(path, { recursive: true, force: true });
  });

  it('goes on where it was when the pool is opened again', async () => {
    for (const times of [5, 1]) {
      const opened = await open();
      await call(times);
      await opened.close();
    }
    await open();
    expect(await counted()).toMatchObject({ requests: 6, minutes: 6, keyMinutes: 6 });
  });

  it('never runs backwards in the sums of all providers', async () => {
    await call(2, 'openai');
    const opened = await open();
    await call(5);
    expect(await totalRequests()).toBe(7);
    await opened.close();
    expect(await totalRequests()).toBe(7);
    await open();
    expect(await totalRequests()).toBe(7);
    await call(1);
    expect(await totalRequests()).toBe(8);
  });

  if (kind === 'file')
    it('is the same after a restart, whether the pool is opened or not', async () => {
      const opened = await open();
      await call(5);
      await opened.close();
      await open();
      await call(2);
      await api.app.close();
      await start();
      expect(await totalRequests()).toBe(7);
      await api.send('get', '/analytics/customer-17').expect(404);
      await open();
      expect(await totalRequests()).toBe(7);
      expect(await counted()).toMatchObject({ requests: 7, minutes: 7, keyMinutes: 7 });
      await call(1);
      expect(await counted()).toMatchObject({ requests: 8, minutes: 8, keyMinutes: 8 });
    });
});
