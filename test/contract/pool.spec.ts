import { inspect } from 'node:util';
import { keyIdOf, maskKey, type KeyEvent } from '../../src/key-management';
import { acmeKey, startContract, type Contract } from './harness';

let contract: Contract;
const [A, B, C] = ['aaaa', 'bbbb', 'cccc'].map(acmeKey) as [string, string, string];

beforeEach(async () => {
  contract = await startContract();
  await contract.manager.initializeKeys('acme', [A, B]);
});
afterEach(() => contract.app.close());

describe('lease', () => {
  it('hands out a key at once, and settles by a word', () => {
    const lease = contract.pools.lease('acme')!;
    expect([A, B]).toContain(lease.apiKey);
    expect(lease).toMatchObject({ keyId: keyIdOf(lease.apiKey), maskedKey: maskKey(lease.apiKey) });
    expect(contract.pools.get('acme', lease.keyId)).toMatchObject({ inFlight: 1 });
    lease.settle('ok');
    expect(contract.pools.get('acme', lease.keyId)).toMatchObject({
      inFlight: 0,
      successCount: 1,
      errorCount: 0,
      successRate: 100,
    });
  });

  it('settles by an object', () => {
    const lease = contract.pools.lease('acme')!;
    const before = Date.now();
    lease.settle({ outcome: 'rate_limited', retryAfterMs: 45_000, reason: 'slow down' });
    const { status, reason, cooldownUntil } = contract.pools.get('acme', lease.keyId)!;
    expect({ status, reason }).toEqual({ status: 'rate_limited', reason: 'slow down' });
    // Between the moments before and after it, whatever passes meanwhile; the pool's clock may differ by a little.
    expect(cooldownUntil!.getTime()).toBeGreaterThanOrEqual(before + 44_000);
    expect(cooldownUntil!.getTime()).toBeLessThanOrEqual(Date.now() + 50_000);
  });

  it('settled twice is an error while tests run, and does no harm', () => {
    const lease = contract.pools.lease('acme')!;
    lease.settle('ok');
    expect(() => {
      lease.settle('invalid_key');
    }).toThrow(/settled already/);
    expect(contract.pools.get('acme', lease.keyId)).toMatchObject({
      status: 'healthy',
      successCount: 1,
      errorCount: 0,
    });
  });

  it('settled twice is harmless in production', () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      const lease = contract.pools.lease('acme')!;
      lease.settle('ok');
      lease.settle('invalid_key');
      expect(contract.pools.get('acme', lease.keyId)).toMatchObject({
        status: 'healthy',
        successCount: 1,
        inFlight: 0,
      });
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  it('passes over what is excluded', () => {
    const exclude = new Set([keyIdOf(A)]);
    for (let n = 0; n < 8; n += 1) {
      const lease = contract.pools.lease('acme', { exclude })!;
      expect(lease.apiKey).toBe(B);
      lease.settle('ok');
    }
    expect(contract.pools.lease('acme', { exclude: new Set([keyIdOf(A), keyIdOf(B)]) })).toBeUndefined();
  });

  it('gives none where none is eligible', () => {
    contract.pools.lease('acme')!.settle('invalid_key');
    contract.pools.lease('acme')!.settle('quota_exceeded');
    expect(contract.pools.lease('acme')).toBeUndefined();
    expect(
      contract.pools
        .list('acme')
        .map(({ status, recheckAt }) => [status, recheckAt instanceof Date])
        .sort(),
    ).toEqual([
      ['invalid_key', true],
      ['quota_exceeded', true],
    ]);
  });

  it('only hands out a key for the models it is for', async () => {
    await contract.manager.initializeKeys('acme', [{ key: C, models: ['big'] }]);
    const exclude = new Set([keyIdOf(A), keyIdOf(B)]);
    expect(contract.pools.lease('acme', { model: 'small', exclude })).toBeUndefined();
    expect(contract.pools.lease('acme', { model: 'big', exclude })).toMatchObject({ apiKey: C });
  });

  it.each([
    'server_error',
    'network_error',
    'overloaded',
    'bad_request',
    'content_blocked',
    'region_blocked',
    'cancelled',
    'timeout',
  ] as const)('%s moves no key and counts against none', (outcome) => {
    const lease = contract.pools.lease('acme')!;
    lease.settle(outcome);
    expect(contract.pools.get('acme', lease.keyId)).toMatchObject({
      status: 'healthy',
      errorCount: 0,
      successRate: 100,
    });
  });

  it('prints without its key', () => {
    const lease = contract.pools.lease('acme')!;
    expect(`${inspect(lease, { depth: 9, showHidden: true })}${JSON.stringify(lease)}`).not.toContain(lease.apiKey);
  });
});

describe('snapshots', () => {
  it('have the fields of the contract', () => {
    expect(contract.pools.get('acme', keyIdOf(A))).toEqual(
      expect.objectContaining({
        id: keyIdOf(A),
        provider: 'acme',
        maskedKey: maskKey(A),
        status: 'healthy',
        cooldowns: [],
        successCount: 0,
        errorCount: 0,
        successRate: 100,
        inFlight: 0,
        weight: 1,
        lastCheckedAt: expect.any(Date),
      }),
    );
    expect(contract.pools.get('acme', 'ffffffffffffffff')).toBeUndefined();
    expect(contract.pools.get('nobody', keyIdOf(A))).toBeUndefined();
    expect(contract.pools.list()).toHaveLength(2);
    expect(contract.pools.list('nobody')).toEqual([]);
  });

  it('show a model’s cooldown beside a healthy key', () => {
    const lease = contract.pools.lease('acme', { model: 'big' })!;
    lease.settle({ outcome: 'rate_limited', retryAfterMs: 30_000 });
    expect(contract.pools.get('acme', lease.keyId)).toMatchObject({
      status: 'healthy',
      cooldownUntil: undefined,
      cooldowns: [{ model: 'big', until: expect.any(Date) }],
    });
    expect(contract.pools.lease('acme', { model: 'big' })!.keyId).not.toBe(lease.keyId);
    const exclude = new Set([contract.pools.list('acme').find(({ id }) => id !== lease.keyId)!.id]);
    expect(contract.pools.lease('acme', { model: 'small', exclude })!.keyId).toBe(lease.keyId);
  });

  it('never shorten a cooldown', () => {
    const [first, second] = [0, 1].map(() => contract.pools.lease('acme', { exclude: new Set([keyIdOf(B)]) })!);
    first!.settle({ outcome: 'rate_limited', retryAfterMs: 60_000 });
    const until = contract.pools.get('acme', keyIdOf(A))!.cooldownUntil!;
    second!.settle({ outcome: 'rate_limited', retryAfterMs: 1_000 });
    expect(contract.pools.get('acme', keyIdOf(A))!.cooldownUntil!.getTime()).toBeGreaterThanOrEqual(until.getTime());
  });
});

describe('disable, enable, remove', () => {
  it('disabled is for ever: no check and no outcome brings it back', async () => {
    const lease = contract.pools.lease('acme', { exclude: new Set([keyIdOf(B)]) })!;
    await contract.pools.disable('acme', keyIdOf(A));
    lease.settle('ok');
    await contract.manager.forceHealthCheck('acme');
    expect(contract.pools.get('acme', keyIdOf(A))).toMatchObject({ status: 'disabled', recheckAt: undefined });
    expect(contract.pools.lease('acme', { exclude: new Set([keyIdOf(B)]) })).toBeUndefined();
    await contract.pools.enable('acme', keyIdOf(A));
    expect(contract.pools.get('acme', keyIdOf(A))).toMatchObject({ status: 'healthy' });
  });

  it('a key that was invalid is invalid again when it is enabled', async () => {
    contract.pools.lease('acme', { exclude: new Set([keyIdOf(B)]) })!.settle('invalid_key');
    await contract.pools.disable('acme', keyIdOf(A));
    await contract.pools.enable('acme', keyIdOf(A));
    expect(contract.pools.get('acme', keyIdOf(A))).toMatchObject({
      status: 'invalid_key',
      recheckAt: expect.any(Date),
    });
  });

  it('remove deletes, also under a lease', async () => {
    const lease = contract.pools.lease('acme', { exclude: new Set([keyIdOf(B)]) })!;
    await contract.pools.remove('acme', keyIdOf(A));
    lease.settle('ok');
    expect(contract.pools.list('acme').map(({ id }) => id)).toEqual([keyIdOf(B)]);
    await expect(contract.pools.remove('acme', keyIdOf(A))).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
    await expect(contract.pools.disable('nobody', keyIdOf(A))).rejects.toMatchObject({ code: 'UNKNOWN_PROVIDER' });
  });

  it('tell what happened, in order, without a key', async () => {
    const events: KeyEvent[] = [];
    const subscription = contract.pools.events$.subscribe((event) => events.push(event));
    await contract.pools.disable('acme', keyIdOf(A));
    await contract.pools.enable('acme', keyIdOf(A));
    await contract.pools.remove('acme', keyIdOf(A));
    subscription.unsubscribe();
    expect(events.map((event) => [event.type, event.by, 'to' in event ? event.to : undefined])).toEqual([
      ['status_changed', 'administrator', 'disabled'],
      ['status_changed', 'administrator', 'healthy'],
      ['key_deleted', 'administrator', undefined],
    ]);
    expect(inspect(events, { depth: 9 })).not.toContain(A);
  });
});
