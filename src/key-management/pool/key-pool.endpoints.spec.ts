import { TestPool } from '../../../test/support/pool';
import { MOST_ENDPOINTS } from './state/cooldowns';

const S = 1_000;
const M = 60 * S;
const H = 60 * M;
const AT = '/v1/embeddings';

describe('a key that is refused at one endpoint', () => {
  let test: TestPool;
  beforeEach(() => {
    test = new TestPool();
  });
  const now = () => test.clock.now();
  const cooldowns = (n = 0) => [...test.pool.records()].map((record) => test.pool.snapshot(record))[n]!.cooldowns;
  const refuse = (endpoint = AT) => test.pool.lease({ endpoint })!.settle('permission_denied');

  it('A9: cools down for that endpoint only', () => {
    test.add(1);
    refuse();
    expect(cooldowns()).toEqual([{ endpoint: AT, until: new Date(now() + H), outcome: 'permission_denied' }]);
    expect(test.pool.lease({ endpoint: AT })).toBeUndefined();
    for (const others of [{}, { endpoint: '/v1/chat/completions' }, { model: 'm' }])
      expect(test.pool.lease(others)).toBeDefined();
    expect(test.events.at(-1)).toMatchObject({ type: 'endpoint_cooled_down', endpoint: AT, by: 'call' });
  });

  it('A9: is passed over for it, among few keys and among many', () => {
    const records = test.addMany(20);
    for (const record of records.slice(0, 19)) test.pool.coolDown(record, { endpoint: AT }, cooldown(H), 'instance');
    for (let n = 0; n < 20; n += 1) expect(test.pool.lease({ endpoint: AT })!.keyId).toBe(records[19]!.id);
    expect(new Set(Array.from({ length: 20 }, () => test.pool.lease()!.keyId)).size).toBeGreaterThan(10);
  });

  it('A9: is tried by one call when its cooldown is over, and by all others after a success', () => {
    test.add(1);
    refuse();
    expect(test.pool.nextWake(undefined, AT)).toBe(now() + H);
    test.clock.skip(H);
    const trial = test.pool.lease({ endpoint: AT })!;
    expect(test.pool.lease({ endpoint: AT })).toBeUndefined();
    trial.settle('ok');
    expect(test.pool.lease({ endpoint: AT })).toBeDefined();
    expect(test.pool.lease({ endpoint: AT })).toBeDefined();
  });

  it('A9: may be tried by another call where the first does not end', () => {
    test.add(1);
    refuse();
    test.clock.skip(H);
    test.pool.lease({ endpoint: AT });
    test.clock.skip(10 * S);
    expect(test.pool.lease({ endpoint: AT })).toBeDefined();
  });

  it('A9: cools down for longer when it is refused again', () => {
    test.add(1);
    refuse();
    test.clock.skip(H);
    refuse();
    expect(cooldowns()[0]!.until).toEqual(new Date(now() + 2 * H));
  });

  it('A9: cools down for 10 s as a whole where neither model nor endpoint is known', () => {
    const key = test.add(1);
    test.pool.lease()!.settle('permission_denied');
    expect(key.state).toEqual({ status: 'cooling_down', until: now() + 10 * S });
  });

  it('A9: cools down for the model that the vendor names, or that alone is known', () => {
    test.add(1);
    test.pool.lease({ endpoint: AT })!.settle({ outcome: 'permission_denied', model: 'forbidden' });
    test.pool.lease({ model: 'known' })!.settle('permission_denied');
    expect(cooldowns()).toMatchObject([{ model: 'forbidden' }, { model: 'known' }]);
  });

  it('A9: cools down as a whole where the vendor speaks of the key', () => {
    const key = test.add(1);
    test.pool.lease({ endpoint: AT, model: 'm' })!.settle({ outcome: 'permission_denied', scope: 'key' });
    expect(key.state).toEqual({ status: 'cooling_down', until: now() + H });
  });

  it('A9: is remembered for a bounded number of endpoints, however many are made up', () => {
    test.add(1);
    for (let n = 0; n < 1_000; n += 1) refuse(`/v1/made-up-${n}`);
    expect(cooldowns()).toHaveLength(MOST_ENDPOINTS);
    expect(cooldowns().at(-1)).toMatchObject({ endpoint: '/v1/made-up-999' });
  });

  it('A9: leaves nothing behind when it is deleted', () => {
    const key = test.add(1);
    refuse();
    test.pool.delete(key, 'administrator');
    test.add(1);
    expect(test.pool.lease({ endpoint: AT })).toBeDefined();
  });

  it('A13: cools down for the model that a 429 names, where the call names none', () => {
    const key = test.add(1);
    test.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 30 * S, model: 'evil' });
    expect(key.state.status).toBe('healthy');
    expect(cooldowns()).toEqual([{ model: 'evil', until: new Date(now() + 30 * S), outcome: 'rate_limited' }]);
    expect(test.pool.lease({ model: 'evil' })).toBeUndefined();
    expect(test.pool.lease()).toBeDefined();
  });

  describe('ended by an administrator', () => {
    const everywhere = () => {
      const key = test.add(1);
      refuse();
      test.pool.lease({ model: 'gone' })!.settle('model_unavailable');
      test.pool.lease({ model: 'busy' })!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      test.pool.lease()!.settle({ outcome: 'permission_denied', scope: 'key' });
      return key;
    };

    it('A10: enable ends all cooldowns, of a key that is enabled already, too', () => {
      const key = everywhere();
      test.pool.setEnabled(key, true, 'administrator');
      expect(key.state.status).toBe('healthy');
      expect(cooldowns()).toEqual([]);
      expect(test.pool.lease({ endpoint: AT, model: 'busy' })).toBeDefined();
    });

    it('A10: disable and enable end all cooldowns', () => {
      const key = everywhere();
      test.pool.setEnabled(key, false, 'administrator');
      test.pool.setEnabled(key, true, 'administrator');
      expect(test.pool.snapshot(key)).toMatchObject({ status: 'healthy', cooldowns: [] });
    });

    it('A10: a check that proves the key ends all but the rate limits that the vendor stated', () => {
      const key = everywhere();
      test.pool.endCooldowns(key, 'administrator', true);
      expect(key.state.status).toBe('healthy');
      expect(cooldowns()).toMatchObject([{ model: 'busy', until: new Date(now() + M) }]);
    });

    it('A10: it leaves of a longer cooldown the rate limit that the vendor stated meanwhile', () => {
      const key = test.add(1);
      test.pool.lease()!.settle({ outcome: 'permission_denied', scope: 'key' });
      test.pool.leaseForProbe(key).settle({ outcome: 'rate_limited', retryAfterMs: M });
      expect(key.state).toMatchObject({ status: 'cooling_down', until: now() + H });
      test.pool.endCooldowns(key, 'administrator', true);
      expect(key.state).toMatchObject({ status: 'rate_limited', until: now() + M });
    });

    it('A10: a light probe ends none, a deep one those of the key that are no rate limits', () => {
      const key = everywhere();
      test.pool.leaseForProbe(key).settle('ok');
      expect(key.state.status).toBe('cooling_down');
      test.pool.leaseForProbe(key).settle({ outcome: 'ok', proven: 'deep' });
      expect(key.state.status).toBe('healthy');
      expect(cooldowns()).toHaveLength(3);
    });

    it('A10: wakes those who wait', () => {
      const key = test.add(1);
      refuse();
      const before = test.freed;
      test.pool.endCooldowns(key, 'administrator', true);
      expect(test.freed).toBeGreaterThan(before);
      expect(test.events.at(-1)).toMatchObject({ type: 'cooldown_ended', endpoint: AT, by: 'administrator' });
    });
  });

  const cooldown = (ms: number) => ({ until: now() + ms, outcome: 'permission_denied', statedUntil: 0 }) as const;
});
