import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import {
  HealthCheckerRegistry,
  KeyManagementModule,
  KeyManagerService,
  keyIdOf,
  maskKey,
  RetryExecutorService,
  StatusTableHealthChecker,
  UnknownProviderError,
} from '../../src/key-management';
import { acmeKey, startContract, TABLE, thrown, type Contract } from './harness';

let contract: Contract;
const [A, B, C] = ['aaaa', 'bbbb', 'cccc'].map(acmeKey) as [string, string, string];

beforeEach(async () => {
  contract = await startContract({ maxRetries: 4, healthCheckIntervalMinutes: 7 });
});
afterEach(() => contract.app.close());

describe('initializeKeys and addNewKeys', () => {
  it('initializeKeys registers every key and says which failed', async () => {
    contract.checker.verdicts.set(B, 'invalid_key');
    const result = await contract.manager.initializeKeys('acme', [A, { key: B, label: 'team b' }, ` ${A} `, '']);
    expect(result).toEqual({
      provider: 'acme',
      totalKeys: 2,
      healthyKeysAdded: 1,
      rejected: [{ maskedKey: maskKey(B), outcome: 'invalid_key', reason: expect.any(String) }],
    });
    expect(contract.pools.get('acme', keyIdOf(B))).toMatchObject({
      status: 'invalid_key',
      recheckAt: expect.any(Date),
    });
  });

  it('addNewKeys refuses what proves invalid, and keeps every other with its verdict', async () => {
    contract.checker.verdicts.set(B, 'invalid_key').set(C, 'quota_exceeded');
    const result = await contract.manager.addNewKeys('acme', [A, B, C]);
    expect(result).toMatchObject({ totalKeys: 3, healthyKeysAdded: 1 });
    expect(result.rejected.map(({ outcome }) => outcome)).toEqual(['invalid_key', 'quota_exceeded']);
    expect(
      contract.pools
        .list('acme')
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['healthy', 'quota_exceeded']);
  });

  it('changes nothing in a key that is there', async () => {
    await contract.manager.addNewKeys('acme', [{ key: A, label: 'first' }]);
    await contract.pools.disable('acme', keyIdOf(A));
    const again = await contract.manager.addNewKeys('acme', [{ key: A, label: 'second' }]);
    expect(again).toMatchObject({ totalKeys: 1, healthyKeysAdded: 0 });
    expect(contract.pools.get('acme', keyIdOf(A))).toMatchObject({ label: 'first', status: 'disabled' });
  });

  it('probes a new key deep, because only that shows exhausted quota', async () => {
    await contract.manager.initializeKeys('acme', [A]);
    expect(contract.checker.probes).toEqual([
      { apiKey: A, depth: 'light' },
      { apiKey: A, depth: 'deep' },
    ]);
  });

  it('takes short and long keys of a vendor of the user’s own', async () => {
    const jwt = `eyJ${'a1'.repeat(400)}`;
    const result = await contract.manager.initializeKeys('acme', ['ollama', 'sk-1234', jwt]);
    expect(result).toMatchObject({ totalKeys: 3, healthyKeysAdded: 3, rejected: [] });
    expect(contract.pools.list('acme').map(({ maskedKey }) => maskedKey)).toEqual(['***', '***', maskKey(jwt)]);
  });

  it('rejects for a provider that nobody knows', async () => {
    await expect(contract.manager.initializeKeys('nobody', [A])).rejects.toBeInstanceOf(UnknownProviderError);
    await expect(contract.manager.addNewKeys('nobody', [A])).rejects.toMatchObject({ code: 'UNKNOWN_PROVIDER' });
    await expect(contract.manager.forceHealthCheck('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_PROVIDER' });
    expect(() => contract.manager.getProviderAnalytics('nobody')).toThrow(UnknownProviderError);
  });
});

describe('forceHealthCheck', () => {
  it('checks all but disabled keys, and brings back what works again', async () => {
    contract.checker.verdicts.set(A, 'invalid_key');
    await contract.manager.initializeKeys('acme', [A, B, C]);
    await contract.pools.disable('acme', keyIdOf(C));
    contract.checker.verdicts.clear();
    const report = await contract.manager.forceHealthCheck('acme');
    expect(report).toMatchObject({ checkedKeys: 2, healthyKeys: 2, removedKeys: 0, durationMs: expect.any(Number) });
    expect(contract.pools.list('acme').map(({ status }) => status)).toEqual(['healthy', 'healthy', 'disabled']);
    expect(JSON.stringify(report)).not.toContain(A);
    await expect(contract.manager.forceHealthCheck()).resolves.toMatchObject({ checkedKeys: 2 });
  });
});

describe('updateConfiguration', () => {
  it('changes what is named, at once, and answers the whole', async () => {
    await expect(contract.manager.updateConfiguration({ maxRetries: 0 })).resolves.toEqual({
      maxRetries: 0,
      healthCheckIntervalMinutes: 7,
    });
    await contract.manager.initializeKeys('acme', [A, B]);
    const result = await contract.executor.execute('acme', () => thrown(429), { maxWaitMs: 0 });
    expect(result).toMatchObject({ success: false, attemptsMade: 1 });
    await expect(contract.manager.updateConfiguration({ healthCheckIntervalMinutes: 15 })).resolves.toMatchObject({
      healthCheckIntervalMinutes: 15,
    });
    expect(contract.manager.getComprehensiveStatus().system_info).toMatchObject({
      max_retries: 0,
      health_check_interval_minutes: 15,
    });
  });

  it.each([
    { maxRetries: -1 },
    { maxRetries: 1.5 },
    { healthCheckIntervalMinutes: 0 },
    { maxRetries: 'many' as never },
  ])('refuses %j and changes nothing', async (changes) => {
    await expect(contract.manager.updateConfiguration({ healthCheckIntervalMinutes: 20, ...changes })).rejects.toThrow(
      Object.keys(changes)[0],
    );
    expect(contract.manager.getComprehensiveStatus().system_info.health_check_interval_minutes).toBe(7);
  });

  it('refuses a setting that does not exist, or that cannot change at run time', async () => {
    await expect(contract.manager.updateConfiguration({ maxRetry: 5 } as never)).rejects.toThrow(/maxRetry/);
    await expect(contract.manager.updateConfiguration(undefined as never)).rejects.toThrow(/must be an object/);
  });
});

describe('a provider by a status table alone', () => {
  it('works from the first call', async () => {
    contract.app.get(HealthCheckerRegistry).addChecker('x', StatusTableHealthChecker.from(TABLE));
    await expect(contract.manager.initializeKeys('x', [A, B])).resolves.toMatchObject({
      healthyKeysAdded: 2,
      rejected: [],
    });
    const call = ({ apiKey }: { apiKey: string }) => (apiKey === A ? thrown(402) : Promise.resolve('ok'));
    for (let n = 0; n < 3; n += 1)
      await expect(contract.executor.execute('x', call)).resolves.toMatchObject({ success: true });
    expect(contract.pools.get('x', keyIdOf(A))).toMatchObject({ status: 'quota_exceeded' });
  });

  it('a server’s fault counts against no key', async () => {
    contract.app.get(HealthCheckerRegistry).addChecker('x', StatusTableHealthChecker.from(TABLE));
    await contract.manager.initializeKeys('x', [A, B]);
    const result = await contract.executor.execute('x', () => thrown(500), { maxRetries: 2 });
    expect(result).toMatchObject({ attemptsMade: 3, attempts: [{ outcome: 'server_error' }, {}, {}] });
    expect(contract.pools.list('x')).toMatchObject([{ errorCount: 0 }, { errorCount: 0 }]);
  });

  it('may be named in the options with its keys, and get its checker while the app starts', async () => {
    const app = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        KeyManagementModule.forRoot({ store: { kind: 'memory' }, admin: false, providers: { mine: { keys: [A] } } }),
      ],
    }).compile();
    app.useLogger(false);
    app.get(HealthCheckerRegistry).addChecker('mine', StatusTableHealthChecker.from(TABLE));
    await app.init();
    await expect(app.get(RetryExecutorService).execute('mine', () => thrown(401))).resolves.toMatchObject({
      attempts: [{ outcome: 'invalid_key' }],
    });
    expect(app.get(KeyManagerService).getComprehensiveStatus().system_info.initialized_providers).toEqual(['mine']);
    await app.close();
  });
});
