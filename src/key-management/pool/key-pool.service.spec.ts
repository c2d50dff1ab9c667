import { eachCall } from '../../../test/support/each-call';
import { inspect } from 'node:util';
import { FakeClock, seededRandom } from '../../../test/support/fake-clock';
import { keyText } from '../../../test/support/pool';
import { UnknownKeyError, UnknownProviderError } from '../errors';
import { ApiKey } from './key/api-key';
import type { KeyEvent } from './key-events';
import { KeyPoolService } from './key-pool.service';

describe('KeyPoolService', () => {
  let pools: KeyPoolService;
  let id: string;

  beforeEach(() => {
    pools = new KeyPoolService(new FakeClock(), seededRandom(1));
    const pool = pools.ensurePool('openai');
    const record = pool.add(new ApiKey(keyText(1)), {}, 'configuration', 'configuration');
    pool.leaseForProbe(record).settle('ok');
    ({ id } = record);
  });

  it('leases keys of the provider that is asked for', () => {
    pools.ensurePool('google');
    expect(pools.lease('openai')).toMatchObject({ keyId: id, apiKey: keyText(1) });
    expect(pools.lease('google')).toBeUndefined();
    expect(() => pools.lease('nobody')).toThrow(UnknownProviderError);
  });

  it('lists the keys of all providers, or of one, without a key in it', () => {
    const google = pools.ensurePool('google');
    google.add(new ApiKey(keyText(2)), {}, 'runtime', 'administrator');
    expect(pools.list().map(({ provider, status }) => [provider, status])).toEqual([
      ['openai', 'healthy'],
      ['google', 'unchecked'],
    ]);
    expect(pools.list('google')).toHaveLength(1);
    expect(pools.list('nobody')).toEqual([]);
    expect(pools.get('openai', id)).toMatchObject({ id, status: 'healthy' });
    expect([pools.get('openai', 'other'), pools.get('nobody', id)]).toEqual([undefined, undefined]);
    expect(inspect([pools.list(), pools], { depth: null, showHidden: true })).not.toMatch(/SIMULATED\d{3}/);
  });

  it('makes a provider’s pool once', () => {
    expect(pools.ensurePool('openai')).toBe(pools.pool('openai'));
    expect(Array.from(pools.pools(), ({ provider }) => provider)).toEqual(['openai']);
  });

  it('disables, enables, changes and removes a key, and emits each change', async () => {
    const events: KeyEvent[] = [];
    pools.events$.subscribe((event) => events.push(event));
    await pools.disable('openai', id);
    expect(pools.lease('openai')).toBeUndefined();
    await pools.enable('openai', id);
    await pools.update('openai', id, { label: 'mine', weight: 2 });
    expect(pools.get('openai', id)).toMatchObject({ status: 'healthy', label: 'mine', weight: 2 });
    await pools.remove('openai', id);
    expect(pools.get('openai', id)).toBeUndefined();
    expect(events.map(({ type, by }) => [type, by])).toEqual([
      ['status_changed', 'administrator'],
      ['status_changed', 'administrator'],
      ['key_updated', 'administrator'],
      ['key_deleted', 'administrator'],
    ]);
  });

  it.each(['enable', 'disable', 'remove'] as const)(
    '%s rejects for a provider or key that is not there',
    async (method) => {
      await expect(pools[method]('nobody', id)).rejects.toThrow(UnknownProviderError);
      await expect(pools[method]('openai', 'other')).rejects.toThrow(UnknownKeyError);
    },
  );

  it('resolves a change only when the journal has it', async () => {
    let kept: (() => void) | undefined;
    const saved = jest.fn(() => new Promise<void>((resolve) => (kept = resolve)));
    pools.useJournal({ saved });
    let done = false;
    const change = pools.disable('openai', id).then(() => (done = true));
    expect(pools.get('openai', id)).toMatchObject({ status: 'disabled' });
    await Promise.resolve();
    expect(done).toBe(false);
    expect(saved).toHaveBeenCalledWith('openai', id);
    kept!();
    await change;
    expect(done).toBe(true);
  });

  it('informs observers of settled leases, freed keys and ended calls until they leave', () => {
    const calls = { leaseSettled: jest.fn(), callEnded: jest.fn() };
    const changes = { keyFreed: jest.fn(), keyChanged: jest.fn() };
    const leave = pools.observe({ ...changes, callsOf: () => eachCall(calls) });
    pools.lease('openai')!.settle('invalid_key');
    const pool = pools.pool('openai')!;
    pool.leaseForProbe(pool.record(id)!).settle('ok');
    pool.calls.ended(true, 1, 5);
    expect(calls.callEnded).not.toHaveBeenCalled();
    pools.flushCalls();
    const times = [...Object.values(calls), ...Object.values(changes)].map(({ mock }) => mock.calls.length);
    expect(times).toEqual([2, 1, 1, 2]);
    leave();
    pools.lease('openai')!.settle('ok');
    pools.flushCalls();
    expect(calls.leaseSettled).toHaveBeenCalledTimes(2);
  });
});
