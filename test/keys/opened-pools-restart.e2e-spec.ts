import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  KeyPoolService,
  keyIdOf,
  RetryExecutorService,
  type KeyManagementModuleOptions,
  type KeyStatus,
  type OpenedPool,
} from '../../src/key-management';
import { ADMIN, startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';
import { describeWithRedis, redisForEach } from '../support/redis-server';

const SECRET = 'a secret of the tests, of 32 chars or more';

type Store = KeyManagementModuleOptions['store'];

/** @param newStore The same one for all starts of one test. */
function restarted(newStore: () => Store): void {
  let simulator: VendorSimulator;
  let own: string;
  let given: string;
  let added: string;
  let other: string;
  let api: ApiUnderTest;

  const start = async (): Promise<void> => {
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    api = await startApi({ options: { providers, store: newStore() } });
  };
  const restart = async (): Promise<void> => {
    await api.app.close();
    await start();
  };
  const pools = (): KeyPoolService => api.app.get(KeyPoolService);
  const open = (): Promise<OpenedPool> => pools().openPool('customer-17', { like: 'openai', keys: [given, other] });
  const ids = (): string[] =>
    pools()
      .list('customer-17')
      .map(({ id }) => id)
      .sort();
  const add = (): Promise<unknown> =>
    api
      .send('post', '/admin/providers/customer-17/keys', ADMIN)
      .send({ keys: [added] })
      .expect(200)
      .then();
  const idsOf = (...keys: string[]): string[] => keys.map((key) => keyIdOf(key)).sort();

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    [own, given, other, added] = simulator.openai.newKeys(4) as [string, string, string, string];
    await start();
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  it('have the keys again that an administrator added, once they are opened and no sooner', async () => {
    await open();
    await add();
    await restart();
    expect(pools().list('customer-17')).toEqual([]);
    await open();
    expect(ids()).toEqual(idsOf(given, other, added));
    expect(
      pools()
        .list('customer-17')
        .every(({ status }) => status === 'healthy'),
    ).toBe(true);
  });

  it('show their names to nobody until they are opened', async () => {
    await open();
    await add();
    await restart();
    for (const route of ['/health', '/health/keys', '/health/ready', '/dashboard/figures']) {
      const { text } = await api.send('get', route);
      expect(text).not.toContain('customer');
    }
    await api.send('get', '/analytics/customer-17').expect(404);
    await api.send('get', '/admin/providers/customer-17/keys').expect(404);
  });

  it('have those keys also where they are closed and opened within one run', async () => {
    const opened = await open();
    await add();
    await opened.close();
    await open();
    expect(ids()).toEqual(idsOf(given, other, added));
  });

  it('have them after a run in which they were not opened', async () => {
    await open();
    await add();
    await restart();
    await restart();
    await open();
    expect(ids()).toEqual(idsOf(given, other, added));
  });

  it('do not bring back what an administrator deleted, given or added', async () => {
    await open();
    await add();
    await pools().remove('customer-17', keyIdOf(added));
    await pools().remove('customer-17', keyIdOf(other));
    await restart();
    await open();
    expect(ids()).toEqual(idsOf(given));
    await restart();
    await open();
    expect(ids()).toEqual(idsOf(given));
  });

  it('keep disabled what an administrator disabled', async () => {
    await open();
    await add();
    await pools().disable('customer-17', keyIdOf(added));
    await pools().disable('customer-17', keyIdOf(given));
    await restart();
    await open();
    expect(pools().get('customer-17', keyIdOf(added))).toMatchObject({ status: 'disabled' });
    expect(pools().get('customer-17', keyIdOf(given))).toMatchObject({ status: 'disabled' });
    const result = await api.app
      .get(RetryExecutorService)
      .execute('customer-17', ({ apiKey }) => Promise.resolve(apiKey));
    expect(result).toMatchObject({ success: true, response: other });
  });

  it('take up a key that was added as the one that is given now', async () => {
    await pools().openPool('customer-17', { like: 'openai', keys: [given] });
    await add();
    await restart();
    await pools().openPool('customer-17', { like: 'openai', keys: [given, added] });
    expect(ids()).toEqual(idsOf(given, added));
  });

  it('know what was learned of the keys, also where the vendor cannot be asked', async () => {
    simulator.openai.key(other, { kind: 'invalid' });
    await open();
    const executor = api.app.get(RetryExecutorService);
    await executor.executeOrThrow('customer-17', () => Promise.resolve(1));
    const statuses = (): Record<string, KeyStatus> =>
      Object.fromEntries(
        pools()
          .list('customer-17')
          .map(({ id, status }) => [id, status]),
      );
    const learned = { [keyIdOf(given)]: 'healthy', [keyIdOf(other)]: 'invalid_key' };
    expect(statuses()).toEqual(learned);
    await restart();
    simulator.openai.outage({ status: 503 });
    await open();
    expect(statuses()).toEqual(learned);
    expect(pools().get('customer-17', keyIdOf(given))).toMatchObject({ successCount: 1 });
  });
}

describe('pools that are opened again after a restart, on a file store', () => {
  let path: string;
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'opened-pools-'))));
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  restarted(() => ({ kind: 'file', path, encryptionSecret: SECRET }));
});

describeWithRedis('pools that are opened again after a restart, on a real Redis', () => {
  const store = redisForEach('restart');

  restarted(() => ({ ...store(), encryptionSecret: SECRET }));
});
