import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock } from '../../../../test/support/fake-clock';
import { instance } from '../../../../test/support/store-instance';
import type { SettledOutcome } from '../../pool/state/settlement';

const SECRET = 'a secret of the test suite';
const S = 1_000;
const M = 60 * S;

describe('what instances learn from each other about a key', () => {
  let cluster: Cluster;
  let clock: FakeClock;
  let all: Awaited<ReturnType<typeof instance>>[];
  let id: string;

  beforeEach(async () => {
    cluster = new Cluster();
    clock = new FakeClock();
    all = [await instance(cluster, clock, 'a', [SECRET]), await instance(cluster, clock, 'b', [SECRET])];
    for (const each of all) id = each.add().id;
    await clock.advance(2 * S);
  });

  const shown = () => all.map(({ pools }) => pools.get('openai', id)!);
  const probe = (i: number, outcome: SettledOutcome): void => {
    const { pool } = all[i]!;
    pool.leaseForProbe(pool.record(id)!).settle(outcome);
  };
  /** Both act without knowing of each other; then they hear of it, so many milliseconds later. */
  const apart = async (act: () => void, ms = 0): Promise<void> => {
    cluster.cut();
    act();
    await clock.advance(ms);
    cluster.mend();
    await clock.advance(3 * S);
  };

  it.each([0, 10 * S])('shortens no cooldown, and all keep to the longest, heard of after %d ms', async (ms) => {
    const until = new Date(clock.now() + M);
    await apart(() => {
      all[0]!.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      all[1]!.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 2 * S });
    }, ms);
    expect(shown()).toMatchObject([{ cooldownUntil: until }, { cooldownUntil: until }]);
    const third = await instance(cluster, clock, 'c', [SECRET]);
    third.add();
    expect(third.pools.get('openai', id)).toMatchObject({ status: 'rate_limited', cooldownUntil: until });
  });

  it('ends no cooldown because the key was found good elsewhere', async () => {
    await apart(() => {
      all[0]!.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M });
      for (const outcome of ['invalid_key', 'ok', 'invalid_key', 'ok'] as const) probe(1, outcome);
    });
    expect(shown()).toMatchObject([{ status: 'rate_limited' }, { status: 'rate_limited' }]);
  });

  it('shortens no re-check, whatever the key is removed for', async () => {
    const notBefore = new Date(clock.now() + 60 * M);
    await apart(() => {
      probe(0, { outcome: 'invalid_key', notBefore });
      probe(1, 'quota_exceeded');
    });
    expect(shown()).toMatchObject([
      { status: 'quota_exceeded', recheckAt: notBefore },
      { status: 'quota_exceeded', recheckAt: notBefore },
    ]);
  });

  it('tells that a label or a limit was taken away', async () => {
    const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
    await a.pools.update('openai', id, { label: 'mine', limits: { concurrency: 1 } });
    await clock.advance(S);
    expect(shown()[1]).toMatchObject({ label: 'mine', limits: { concurrency: 1 } });
    await a.pools.update('openai', id, { limits: { concurrency: undefined } });
    await clock.advance(S);
    expect(shown().map(({ limits }) => limits)).toEqual([undefined, undefined]);
    expect([b.pool.lease(), b.pool.lease()]).not.toContain(undefined);

    // Deleted and added again later than the other labelled it, it has no label.
    const key = a.add('sk-proj-another-key-9876543210', 'runtime');
    await clock.advance(S);
    await apart(() => {
      void b.pools.update('openai', key.id, { label: 'new' }).catch(() => undefined);
      void a.pools.remove('openai', key.id).catch(() => undefined);
      a.add('sk-proj-another-key-9876543210', 'runtime');
    });
    expect(all.map(({ pools }) => pools.get('openai', key.id)?.label)).toEqual([undefined, undefined]);
  });

  it('loses no count of a key that was deleted elsewhere and is added again', async () => {
    const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
    const key = a.add('sk-proj-another-key-9876543210', 'runtime');
    await clock.advance(S);
    const others = new Set([id]);
    cluster.cut();
    b.pool.lease({ exclude: others })!.settle('ok');
    void a.pools.remove('openai', key.id).catch(() => undefined);
    cluster.mend();
    await clock.advance(3 * S);
    a.add('sk-proj-another-key-9876543210', 'runtime');
    await clock.advance(3 * S);
    expect(all.map(({ pools }) => pools.get('openai', key.id)?.successCount)).toEqual([1, 1]);
  });

  it('stores a key again that lives, though another instance deleted it meanwhile', async () => {
    const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
    const key = a.add('sk-proj-another-key-9876543210', 'runtime');
    await clock.advance(S);
    await apart(() => {
      const done = [
        b.pools.remove('openai', key.id),
        a.pools.disable('openai', key.id),
        a.pools.enable('openai', key.id),
      ];
      for (const each of done) each.catch(() => undefined);
    });
    for (const each of [...all, await instance(cluster, clock, 'c', [SECRET])])
      expect(each.pools.get('openai', key.id)?.status).toBe('healthy');
  });
});

describe('what instances learn from each other about the cooldowns of a key', () => {
  const AT = '/v1/embeddings';
  let cluster: Cluster;
  let clock: FakeClock;
  let all: Awaited<ReturnType<typeof instance>>[];
  let id: string;

  beforeEach(async () => {
    cluster = new Cluster();
    clock = new FakeClock();
    all = [await instance(cluster, clock, 'a', [SECRET]), await instance(cluster, clock, 'b', [SECRET])];
    for (const each of all) id = each.add().id;
    await clock.advance(2 * S);
  });
  const shown = () => all.map(({ pools }) => pools.get('openai', id)!);
  const restart = async () => {
    const third = await instance(cluster, clock, 'c', [SECRET]);
    third.add();
    return third.pools.get('openai', id)!;
  };
  const coolDown = (i = 0): void => {
    const { pool } = all[i]!;
    pool.lease({ endpoint: AT })!.settle('permission_denied');
    pool.lease({ model: 'gone' })!.settle('model_unavailable');
    pool.lease({ model: 'busy' })!.settle({ outcome: 'rate_limited', retryAfterMs: 30 * M });
    pool.lease()!.settle({ outcome: 'permission_denied', scope: 'key' });
  };

  it('A9: share those of endpoints, with their outcome, and have them again after a restart', async () => {
    all[0]!.pool.lease({ endpoint: AT })!.settle('permission_denied');
    const cooldowns = [{ endpoint: AT, until: new Date(clock.now() + 60 * M), outcome: 'permission_denied' }];
    await clock.advance(2 * S);
    expect(shown()).toMatchObject([
      { status: 'healthy', cooldowns },
      { status: 'healthy', cooldowns },
    ]);
    expect(all[1]!.pool.lease({ endpoint: AT })).toBeUndefined();
    expect(await restart()).toMatchObject({ status: 'healthy', cooldowns });
  });

  it('A9: all keep to the longest of a model’s and an endpoint’s', async () => {
    for (const scope of [{ model: 'm' }, { endpoint: AT }]) {
      cluster.cut();
      const long = new Date(clock.now() + 20 * M);
      const cooldown = (ms: number) => ({ until: clock.now() + ms, outcome: 'rate_limited', statedUntil: 0 }) as const;
      all[0]!.pool.coolDown(all[0]!.pool.record(id)!, scope, cooldown(20 * M), 'call');
      all[1]!.pool.coolDown(all[1]!.pool.record(id)!, scope, cooldown(5 * M), 'call');
      all[1]!.pool.coolDown(all[1]!.pool.record(id)!, scope, cooldown(6 * M), 'call');
      cluster.mend();
      await clock.advance(3 * S);
      const want = { cooldowns: expect.arrayContaining([{ ...scope, until: long, outcome: 'rate_limited' }]) };
      expect(shown()).toMatchObject([want, want]);
      expect(await restart()).toMatchObject(want);
    }
  });

  it('A10: end them for all when an administrator enables the key', async () => {
    coolDown();
    await clock.advance(2 * S);
    expect(shown()[1]).toMatchObject({ status: 'cooling_down', cooldowns: [{}, {}, {}] });
    await all[1]!.pools.enable('openai', id);
    await clock.advance(2 * S);
    expect(shown()).toMatchObject([
      { status: 'healthy', cooldowns: [] },
      { status: 'healthy', cooldowns: [] },
    ]);
    expect(await restart()).toMatchObject({ status: 'healthy', cooldowns: [] });
  });

  it('A10: end for all what a check of an administrator’s ends', async () => {
    coolDown();
    await clock.advance(2 * S);
    const { pool } = all[1]!;
    pool.endCooldowns(pool.record(id)!, 'administrator', true);
    await clock.advance(2 * S);
    const left = { status: 'healthy', cooldowns: [{ model: 'busy', outcome: 'rate_limited' }] };
    expect(shown()).toMatchObject([left, left]);
    expect(await restart()).toMatchObject(left);
  });

  it('A10: a cooldown that comes after the end holds', async () => {
    coolDown();
    await clock.advance(2 * S);
    await all[1]!.pools.enable('openai', id);
    await clock.advance(2 * S);
    all[0]!.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: M });
    await clock.advance(2 * S);
    expect(shown()).toMatchObject([{ status: 'rate_limited' }, { status: 'rate_limited' }]);
  });

  it.each(['runtime', 'configuration'] as const)(
    'A10: a %s key that is deleted and added again starts afresh',
    async (origin) => {
      const [a, b] = all as [(typeof all)[0], (typeof all)[0]];
      const raw = origin === 'runtime' ? 'sk-proj-another-key-9876543210' : undefined;
      id = a.add(raw, origin).id;
      await clock.advance(S);
      await b.pools.enable('openai', id);
      for (const other of [...a.pool.records()]) if (other.id !== id) a.pool.delete(other, 'administrator');
      coolDown();
      await clock.advance(2 * S);
      await a.pools.remove('openai', id);
      await clock.advance(2 * S);
      a.add(raw, 'runtime');
      await clock.advance(2 * S);
      expect(shown()).toMatchObject([
        { status: 'healthy', cooldowns: [] },
        { status: 'healthy', cooldowns: [] },
      ]);
    },
  );
});
