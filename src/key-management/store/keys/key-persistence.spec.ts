import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { instance, RAW } from '../../../../test/support/store-instance';
import { countsOf } from '../../../../test/support/stored-counts';
import { ApiKey } from '../../pool/key/api-key';
import type { PoolLease } from '../../pool/key-lease';

const SECRET = 'a secret of the test suite';

const use = (pool: Awaited<ReturnType<typeof instance>>['pool'], outcome: 'ok' | 'invalid_key' | 'unknown') =>
  pool.lease()!.settle(outcome);

describe('keys over several instances', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  beforeEach(() => {
    cluster = new Cluster();
    clock = new FakeClock();
  });

  it('tells a removal at once, statistics within a second and in one batch', async () => {
    const a = await instance(cluster, clock, 'a');
    const b = await instance(cluster, clock, 'b');
    const key = a.add();
    b.add();
    await clock.advance(1_000);
    const before = cluster.batches.length;
    for (let call = 0; call < 100; call += 1) use(a.pool, 'ok');
    await settle();
    expect(cluster.batches.length).toBe(before);
    await clock.advance(1_000);
    expect(cluster.batches.length).toBe(before + 1);
    expect(b.pools.get('openai', key.id)).toMatchObject({ successCount: 100 });

    use(a.pool, 'invalid_key');
    await settle();
    expect(b.pools.get('openai', key.id)).toMatchObject({
      status: 'invalid_key',
      recheckAt: new Date(clock.now() + 30_000),
    });
    expect(b.pool.lease()).toBeUndefined();
  });

  it('tells that a removal was taken back, and that a probe ended the cooldown in its place', async () => {
    const a = await instance(cluster, clock, 'a');
    const b = await instance(cluster, clock, 'b');
    const key = a.add();
    b.add();
    const refused = { outcome: 'invalid_key', status: 401, decidedBy: 'status_default', tableOnly: true } as const;
    const call: PoolLease = a.pool.lease()!;
    call.settle(refused);
    await settle();
    expect(b.pools.get('openai', key.id)?.status).toBe('invalid_key');
    call.takeRemovalBack();
    await settle();
    const until = new Date(clock.now() + 10_000);
    for (const each of [a, b])
      expect(each.pools.get('openai', key.id)).toMatchObject({ status: 'cooling_down', cooldownUntil: until });
    await clock.advance(1_000);
    b.pool.leaseForProbe(b.pool.record(key.id)!).settle('ok');
    await settle();
    for (const each of [a, b]) expect(each.pools.get('openai', key.id)?.status).toBe('healthy');
  });

  it('lets the graver of two simultaneous verdicts win everywhere', async () => {
    const a = await instance(cluster, clock, 'a');
    const b = await instance(cluster, clock, 'b');
    const key = a.add();
    b.add();
    await settle();
    a.pool.lease()!.settle('invalid_key');
    b.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 5_000 });
    await settle();
    for (const each of [a, b]) expect(each.pools.get('openai', key.id)?.status).toBe('invalid_key');
  });

  it("keeps an administrator's switch over every verdict of others", async () => {
    const a = await instance(cluster, clock, 'a');
    const b = await instance(cluster, clock, 'b');
    const key = a.add();
    b.add();
    const lease = b.pool.lease()!;
    await a.pools.disable('openai', key.id);
    await settle();
    lease.settle({ outcome: 'rate_limited', retryAfterMs: 1_000 });
    await clock.advance(2_000);
    for (const each of [a, b]) expect(each.pools.get('openai', key.id)?.status).toBe('disabled');
    await b.pools.enable('openai', key.id);
    await settle();
    for (const each of [a, b]) expect(each.pools.get('openai', key.id)?.status).toBe('healthy');
  });

  it('deletes everywhere, keeps the deletion over a restart, and takes a key back that is added again', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const b = await instance(cluster, clock, 'b', [SECRET]);
    const key = a.add(RAW, 'runtime');
    await settle();
    expect(b.pools.get('openai', key.id)?.status).toBe('healthy');
    await b.pools.remove('openai', key.id);
    await settle();
    expect(a.pools.get('openai', key.id)).toBeUndefined();
    expect(JSON.stringify([...cluster.documents.values()])).not.toContain('v1.');

    const c = await instance(cluster, clock, 'c', [SECRET]);
    expect(c.keys.isDeleted('openai', key.id)).toBe(true);
    expect(c.pools.list()).toEqual([]);
    c.add(RAW, 'runtime');
    await settle();
    for (const each of [a, b, c]) expect(each.pools.get('openai', key.id)?.status).toBe('healthy');
  });

  it('loses no count of a key that is deleted and added again, nor of its calls that end later', async () => {
    const a = await instance(cluster, clock, 'a', [SECRET]);
    const b = await instance(cluster, clock, 'b', [SECRET]);
    const key = a.add(RAW, 'runtime');
    const late = [a.pool.lease()!, a.pool.lease()!];
    use(a.pool, 'ok');
    await a.pools.remove('openai', key.id);
    late[0]!.settle('ok');
    a.add(RAW, 'runtime');
    late[1]!.settle('ok');
    await clock.advance(2_000);
    for (const each of [a, b]) expect(each.pools.get('openai', key.id)).toMatchObject({ successCount: 3 });
  });

  it('writes what happened while the store was away, once, also when an answer was lost', async () => {
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    await settle();
    cluster.cut();
    for (let call = 0; call < 50; call += 1) use(a.pool, 'ok');
    await clock.advance(5_000);
    cluster.mend();
    cluster.loseNextAnswer = true;
    await clock.advance(5_000);
    expect(a.link.backlog).toBe(0);
    expect(countsOf(cluster.documents.get(`keys/openai/${key.id}`))).toMatchObject({ successes: 50 });
  });

  it('gives a store that lost its data back what the instances know, without counting twice', async () => {
    const a = await instance(cluster, clock, 'a');
    const b = await instance(cluster, clock, 'b');
    const good = a.add();
    b.add();
    const dead = a.add('sk-proj-another-key-9876543210');
    b.add('sk-proj-another-key-9876543210');
    for (const { pool } of [a, b]) for (let call = 0; call < 20; call += 1) use(pool, 'ok');
    a.pool.leaseForProbe(dead).settle('invalid_key');
    await clock.advance(2_000);
    const total = () =>
      [...cluster.documents.values()].reduce((sum, document) => sum + (countsOf(document).successes ?? 0), 0);
    expect(total()).toBe(40);

    cluster.cut();
    use(b.pool, 'ok');
    cluster.mend({ empty: true });
    await clock.advance(5_000);
    expect(total()).toBe(41);
    const c = await instance(cluster, clock, 'c');
    c.add();
    c.pool.add(new ApiKey('sk-proj-another-key-9876543210'), {}, 'configuration', 'configuration');
    expect(c.pools.get('openai', dead.id)?.status).toBe('invalid_key');
    for (const each of [a, b, c]) {
      const counts = each.pools.list().map(({ successCount }) => successCount);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(41);
    }
    expect(good.id).toBeDefined();
  });

  it('uses a stored verdict at once while it is fresh, and asks again when it is old', async () => {
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    await clock.advance(1_000);
    const fresh = await instance(cluster, clock, 'fresh');
    fresh.pool.add(new ApiKey(RAW), {}, 'configuration', 'configuration');
    expect(fresh.pools.get('openai', key.id)?.status).toBe('healthy');
    await clock.advance(2 * 3_600_000);
    const old = await instance(cluster, clock, 'old');
    old.pool.add(new ApiKey(RAW), {}, 'configuration', 'configuration');
    expect(old.pools.get('openai', key.id)?.status).toBe('unchecked');
  });

  it('keeps keys added at run time encrypted, and without a secret not at all', async () => {
    const open = await instance(cluster, clock, 'open');
    open.add(RAW, 'runtime');
    await clock.advance(1_000);
    expect(cluster.documents.size).toBe(0);

    const sealed = await instance(cluster, clock, 'sealed', [SECRET]);
    const key = sealed.add(RAW, 'runtime');
    await clock.advance(1_000);
    const stored = JSON.stringify([...cluster.documents.values()]);
    expect(stored).toContain(key.id);
    expect(stored).not.toContain(RAW.slice(8));

    const wrong = await instance(cluster, clock, 'wrong', ['quite another secret!']);
    expect(wrong.pools.list()).toEqual([]);
    expect(wrong.warnings.join()).toContain('KEY_ENCRYPTION_SECRET_PREVIOUS');
    const rotated = await instance(cluster, clock, 'rotated', ['quite another secret!', SECRET]);
    expect(rotated.pools.get('openai', key.id)?.status).toBe('healthy');
    await settle();
    const after = await instance(cluster, clock, 'after', ['quite another secret!']);
    expect(after.pools.get('openai', key.id)?.status).toBe('healthy');
  });

  it('starts without the store and reconciles when it comes', async () => {
    cluster.away = true;
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    use(a.pool, 'ok');
    await expect(Promise.all([a.pools.disable('openai', key.id), clock.advance(6_000)])).rejects.toMatchObject({
      code: 'unavailable',
    });
    cluster.mend();
    await clock.advance(2_000);
    const document = cluster.documents.get(`keys/openai/${key.id}`);
    expect(document).toMatchObject({ registers: { admin: { value: 'disabled' } } });
    expect(countsOf(document)).toMatchObject({ successes: 1 });
  });

  it('gives a deletion back to a store that lost its data, also the one instance that deleted', async () => {
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    use(a.pool, 'ok');
    await clock.advance(2_000);
    await a.pools.remove('openai', key.id);
    cluster.cut();
    cluster.mend({ empty: true });
    await clock.advance(5_000);
    const b = await instance(cluster, clock, 'b');
    expect(b.keys.isDeleted('openai', key.id)).toBe(true);
    b.add();
    expect(b.pools.get('openai', key.id)).toMatchObject({ successCount: 1 });
  });

  it("lets an administrator's switch win that is set while the store is away since the start", async () => {
    const a = await instance(cluster, clock, 'a');
    const key = a.add();
    for (let turn = 0; turn < 3; turn += 1) {
      await a.pools.disable('openai', key.id);
      await a.pools.enable('openai', key.id);
    }
    await clock.advance(10 * 60_000);
    cluster.cut();
    const blind = await instance(cluster, clock, 'blind');
    blind.add();
    blind.pools.disable('openai', key.id).catch(() => undefined);
    await clock.advance(10_000);
    cluster.mend();
    await clock.advance(5_000);
    for (const each of [a, blind]) expect(each.pools.get('openai', key.id)?.status).toBe('disabled');
  });

  it('keeps what an administrator changed of a configured key, until the configuration itself changes', async () => {
    const configured = async (name: string, weight: number) => {
      const it_ = await instance(cluster, clock, name);
      const record = it_.pool.add(new ApiKey(RAW), { weight }, 'configuration', 'configuration');
      await settle();
      return { ...it_, record };
    };
    const a = await configured('a', 1);
    await a.pools.update('openai', a.record.id, { weight: 5, label: 'patched' });
    expect((await configured('same', 1)).record).toMatchObject({ weight: 5, label: 'patched' });
    expect((await configured('changed', 2)).record).toMatchObject({ weight: 2, label: undefined });
    expect((await configured('again', 2)).record).toMatchObject({ weight: 2 });
  });
});
