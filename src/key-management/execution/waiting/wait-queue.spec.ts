import { Harness, limited } from '../../../../test/execution/harness';
import { HEALTHY } from '../../pool/key/key-state';
import { PoolLease } from '../../pool/key-lease';
import { settle } from '../../../../test/support/fake-clock';
import { TimeLimits } from './time-limits';
import { WaitQueue } from './wait-queue';

const NONE: ReadonlySet<string> = new Set();

describe('WaitQueue', () => {
  let harness: Harness;
  let queue: WaitQueue;
  const got: string[] = [];
  const leases: PoolLease[] = [];
  const wait = (name: string, ms = 5_000, signal?: AbortSignal, model?: string) =>
    queue.wait({ model, tried: NONE, endsAt: harness.clock.now() + ms, signal }).then((result) => {
      got.push(`${name}: ${result instanceof PoolLease ? 'key' : result}`);
      if (result instanceof PoolLease) leases.push(result);
      return result;
    });

  beforeEach(() => {
    got.splice(0);
    harness = new Harness();
    harness.add('a', [undefined], { limits: { concurrency: 1 } });
    queue = new WaitQueue(harness.pool, harness.clock, new TimeLimits(harness.clock));
    harness.pools.observe({ keyFreed: () => queue.serve(), keyChanged: () => queue.review() });
  });

  it('serves first come, first, as the key is given back', async () => {
    const lease = harness.pool.lease()!;
    for (const name of ['first', 'second', 'third']) void wait(name).then((got) => void setLease(got));
    let held: PoolLease = lease;
    const setLease = (result: unknown) => (held = result as PoolLease);
    await settle();
    for (let round = 0; round < 3; round += 1) {
      held.settle('ok');
      await settle();
    }
    expect(got).toEqual(['first: key', 'second: key', 'third: key']);
    expect(queue.length).toBe(0);
  });

  it('wakes when a cooldown ends, by one timer', async () => {
    harness.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 2_000, scope: 'key' });
    const until = harness.snapshot('a').cooldownUntil!.getTime() - harness.clock.now();
    void wait('a', 10_000);
    void wait('b', 10_000);
    await harness.clock.advance(until - 1);
    expect(got).toEqual([]);
    await harness.clock.advance(1);
    expect(got).toEqual(['a: key']);
  });

  it('gives nobody a key of a group while a refusal of another is cooling them all down', async () => {
    harness.add('b', [undefined], { quotaGroup: 'group' });
    harness.add('c', [undefined], { quotaGroup: 'group' });
    // The limit of one call of `a` is used up.
    harness.pool.lease({ exclude: new Set(['b', 'c'].map((name) => harness.snapshot(name).id)) });
    // The group is being met: it gets two calls at first.
    for (const name of ['first', 'second', 'third']) void wait(name);
    await settle();
    expect(got).toEqual(['first: key', 'second: key']);
    leases.at(-1)!.settle({ outcome: 'rate_limited', scope: 'key' });
    await settle();
    expect(got).toEqual(['first: key', 'second: key']);
    expect(['b', 'c'].map((name) => harness.snapshot(name).status)).toEqual(['rate_limited', 'rate_limited']);
    await harness.clock.advance(2_000);
    expect(got).toEqual(['first: key', 'second: key', 'third: key']);
  });

  it('serves those of more models than it has lines for in their order, and whoever is next when the first of them goes', async () => {
    const lease = harness.pool.lease()!;
    for (let n = 0; n < 70; n += 1) void wait(`m${n}`, n === 64 ? 100 : 5_000, undefined, `model-${n}`);
    await harness.clock.advance(150);
    expect(got).toEqual(['m64: timed_out']);
    expect([queue.length, queue.isWaiting({ model: 'model-3' }), queue.isWaiting({ model: 'new' })]).toEqual([
      69,
      true,
      true,
    ]);
    let held: PoolLease | undefined = lease;
    for (let round = 0; round < 69; round += 1) {
      const before = got.length;
      held!.settle('ok');
      await settle();
      expect(got).toHaveLength(before + 1);
      held = leases.at(-1);
    }
    expect(got.slice(1)).toEqual(Array.from({ length: 70 }, (_, n) => `m${n}: key`).filter((_, n) => n !== 64));
    expect(queue.isWaiting({ model: 'new' })).toBe(false);
  });

  it('ends a wait by time and by signal, and leaves nothing behind', async () => {
    harness.pool.lease();
    const controller = new AbortController();
    void wait('short', 100);
    void wait('cancelled', 5_000, controller.signal);
    await harness.clock.advance(150);
    controller.abort();
    await settle();
    expect(got).toEqual(['short: timed_out', 'cancelled: cancelled']);
    expect(queue.length).toBe(0);
    await harness.clock.advance(10_000);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it('does not begin to wait for one who left already', async () => {
    harness.pool.lease();
    await wait('gone', 5_000, AbortSignal.abort());
    expect(got).toEqual(['gone: cancelled']);
  });

  it('stops waiting for keys that can no longer come', async () => {
    const lease = harness.pool.lease()!;
    void wait('a');
    lease.settle('invalid_key');
    await settle();
    expect(got).toEqual(['a: hopeless']);
  });

  it('does not let calls for a model that cools down hold up the others', async () => {
    harness.add('b');
    for (const name of ['a', 'b']) {
      const record = harness.pool.record(harness.id(name))!;
      const until = harness.clock.now() + 3_000;
      harness.pool.coolDown(record, { model: 'm' }, { until, outcome: 'rate_limited', statedUntil: 0 }, 'call');
    }
    void wait('for m', 5_000, undefined, 'm');
    void wait('any');
    await settle();
    expect(got).toEqual(['any: key']);
    await harness.clock.advance(3_000);
    expect(got).toEqual(['any: key', 'for m: key']);
  });

  it('gives nobody a key that is just being refused for his model', async () => {
    const lease = harness.pool.lease({ model: 'm' })!;
    void wait('for m', 5_000, undefined, 'm');
    lease.settle({ outcome: 'rate_limited', retryAfterMs: 1_000 });
    await settle();
    expect(got).toEqual([]);
    await harness.clock.advance(1_000);
    expect(got).toEqual(['for m: key']);
  });

  it('ends all waits when it is closed, and takes no more', async () => {
    harness.pool.lease();
    void wait('a');
    void wait('b');
    queue.close();
    await settle();
    await wait('late');
    expect(got).toEqual(['a: closed', 'b: closed', 'late: closed']);
    await harness.clock.advance(10_000);
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it('gives a tried key only where no other is eligible', async () => {
    harness.add('b');
    const tried = new Set([harness.id('a')]);
    const lease = await queue.wait({ model: undefined, tried, endsAt: Infinity, signal: undefined });
    expect((lease as PoolLease).keyId).toBe(harness.id('b'));
    harness.pool.setState(harness.pool.record(harness.id('b'))!, { status: 'invalid_key', recheckAt: 0 }, 'call');
    const again = await queue.wait({ model: undefined, tried, endsAt: Infinity, signal: undefined });
    expect((again as PoolLease).keyId).toBe(harness.id('a'));
  });

  it('is told of a key that is added while it waits', async () => {
    harness = new Harness();
    queue = new WaitQueue(harness.pool, harness.clock, new TimeLimits(harness.clock));
    harness.pools.observe({ keyFreed: () => queue.serve() });
    harness.add('late', [limited()], {}, { status: 'invalid_key', recheckAt: 0 });
    void wait('a');
    harness.pool.setState(harness.pool.record(harness.id('late'))!, HEALTHY, 'probe');
    await settle();
    expect(got).toEqual(['a: key']);
  });
});
