import { Cluster } from '../../../../test/support/cluster-store';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { instance } from '../../../../test/support/store-instance';

const TEN_MINUTES_MS = 600_000;

describe('B4: instances whose clocks are ten minutes apart', () => {
  let cluster: Cluster;
  let clocks: FakeClock[];
  beforeEach(() => {
    cluster = new Cluster();
    const truth = new FakeClock();
    clocks = [-TEN_MINUTES_MS, 0, TEN_MINUTES_MS].map((byMs) => new FakeClock(truth.now() + byMs));
    cluster.now = () => clocks[1]!.now();
  });
  const all = () => Promise.all(clocks.map((clock, i) => instance(cluster, clock, `i${i}`)));
  const advance = async (ms: number): Promise<void> => {
    for (const clock of clocks) await clock.advance(ms);
  };

  it.each([0, 1, 2])('instance %i cools a key down for 2 s, for all of them', async (from) => {
    const instances = await all();
    const keys = instances.map((each) => each.add());
    await advance(1_000);
    instances[from]!.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 2_000 });
    await settle();
    for (const [i, { pools }] of instances.entries()) {
      const { cooldownUntil, status } = pools.get('openai', keys[0]!.id)!;
      expect([status, cooldownUntil!.getTime() - clocks[i]!.now()]).toEqual(['rate_limited', 2_000]);
    }
    await advance(2_000);
    for (const { pool } of instances) expect(pool.lease()).toBeDefined();
  });

  it.each([0, 1, 2])(
    'instance %i removes a key, for a re-check in 30 s, and cools another down for one model',
    async (from) => {
      const instances = await all();
      const keys = instances.map((each) => each.add());
      await advance(1_000);
      instances[from]!.pool.lease({ model: 'm' })!.settle({
        outcome: 'rate_limited',
        retryAfterMs: 5_000,
        scope: 'key_model',
        keyAction: 'cool_down',
      });
      instances[from]!.pool.leaseForProbe(keys[from]!).settle('invalid_key');
      await advance(1_000);
      // Also one that comes now, and reads what is stored.
      const late = new FakeClock(clocks[0]!.now() - TEN_MINUTES_MS);
      const fresh = await instance(cluster, late, 'fresh');
      fresh.add();
      for (const [{ pools }, clock] of [
        ...instances.map((each, i) => [each, clocks[i]!] as const),
        [fresh, late] as const,
      ]) {
        const { recheckAt, cooldowns } = pools.get('openai', keys[0]!.id)!;
        expect(recheckAt!.getTime() - clock.now()).toBe(29_000);
        expect(cooldowns.map(({ until }) => until.getTime() - clock.now())).toEqual([4_000]);
      }
    },
  );

  it.each([0, 2])(
    'instance %i cools a key down before the store first answers: for as long, for all of them',
    async (from) => {
      const { now } = cluster;
      cluster.now = undefined;
      cluster.away = true;
      const instances = await all();
      const keys = instances.map((each) => each.add());
      instances[from]!.pool.lease({ model: 'm' })!.settle({
        outcome: 'rate_limited',
        retryAfterMs: 5_000,
        scope: 'key_model',
        keyAction: 'cool_down',
      });
      instances[from]!.pool.leaseForProbe(keys[from]!).settle('invalid_key');
      cluster.now = now;
      cluster.mend();
      await advance(2_000);
      for (const [i, { pools }] of instances.entries()) {
        const { recheckAt, cooldowns } = pools.get('openai', keys[0]!.id)!;
        // The clocks are moved on one after the other, so that one may be read two seconds from the others: no ten minutes.
        const near = (ms: number): number => Math.round(ms / 4_000);
        expect([i, near(recheckAt!.getTime() - clocks[i]!.now())]).toEqual([i, near(28_000)]);
        expect([i, cooldowns.map(({ until }) => near(until.getTime() - clocks[i]!.now()))]).toEqual([i, [near(3_000)]]);
      }
    },
  );
});
