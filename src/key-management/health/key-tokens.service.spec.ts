import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { FakeClock, settle } from '../../../test/support/fake-clock';
import { secret } from '../../../test/canary/canary';
import { ApiKey } from '../pool/key/api-key';
import type { KeyPool } from '../pool/key-pool';
import type { PoolLease } from '../pool/key-lease';
import { KeyPoolService } from '../pool/key-pool.service';
import type { KeyRecord } from '../pool/key/key-record';
import type { KeyToken } from '../pool/key/key-tokens';
import { KeyTokensService } from './key-tokens.service';

const MINUTE = 60_000;
const tokenText = (n: number): string => secret(`ya29.SIMULATEDq7Zk2Wm9Xc4Rt8Lw${String(n).padStart(8, '0')}`);

/** A pool, and the service over checks that approve every key. */
class World {
  readonly clock = new FakeClock();
  readonly pools = new KeyPoolService(this.clock, () => 0.999);
  readonly pool: KeyPool = this.pools.ensurePool('vertex');
  checked = 0;
  outcome: 'ok' | 'invalid_key' = 'ok';
  readonly service = new KeyTokensService(
    this.pools,
    {
      checkAll: (pool: KeyPool, records: KeyRecord[]) => {
        this.checked += records.length;
        for (const record of records) pool.leaseForProbe(record).settle(this.outcome);
        return Promise.resolve([]);
      },
    } as never,
    this.clock,
    () => 0.999,
  );
  asked = 0;
  /** What the function does next; the last answers on. */
  readonly answers: (() => Promise<string | KeyToken>)[] = [];

  record(): KeyRecord {
    const get = (): Promise<string | KeyToken> => {
      this.asked += 1;
      return (this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!)();
    };
    return this.pool.add(new ApiKey('', 'project-a'), { tokens: get }, 'configuration', 'configuration');
  }

  gives(n: number, lifeMs?: number): this {
    this.answers.push(() =>
      Promise.resolve(
        lifeMs === undefined ? tokenText(n) : { key: tokenText(n), expiresAt: new Date(this.clock.now() + lifeMs) },
      ),
    );
    return this;
  }

  fails(message = 'the metadata server is away'): this {
    this.answers.push(() => Promise.reject(new Error(message)));
    return this;
  }
}

describe('short-lived tokens', () => {
  let world: World;
  beforeEach(() => {
    Logger.overrideLogger(false);
    world = new World();
  });
  afterEach(() => {
    world.service.onModuleDestroy();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('are asked for at once; the key is checked with the first, and shows as *** before', async () => {
    const record = world.gives(1).record();
    expect(world.pool.snapshot(record)).toMatchObject({ id: 'project-a', maskedKey: '***', status: 'unchecked' });
    expect(world.pool.lease()).toBeUndefined();
    await settle();
    expect(world.pool.lease()).toMatchObject({ apiKey: tokenText(1), keyId: 'project-a' });
    expect([world.asked, world.checked]).toEqual([1, 1]);
    expect(world.pool.snapshot(record).maskedKey).not.toBe('***');
  });

  it('are replaced before they run out, while a call in flight keeps the one that it began with', async () => {
    const record = world
      .gives(1, 60 * MINUTE)
      .gives(2, 60 * MINUTE)
      .record();
    await settle();
    const lease = world.pool.lease()!;
    await world.clock.advance(48 * MINUTE - 1);
    expect(world.asked).toBe(1);
    await world.clock.advance(1);
    expect(world.asked).toBe(2);
    expect([lease.apiKey, world.pool.lease()!.apiKey]).toEqual([tokenText(1), tokenText(2)]);
    // Its late refusal says nothing on the new one.
    lease.settle({ outcome: 'invalid_key', status: 401 });
    expect(world.pool.snapshot(record)).toMatchObject({ status: 'healthy', errorCount: 1 });
    // The next one is of the new token.
    world.pool.lease()!.settle('invalid_key');
    expect(record.status).toBe('invalid_key');
  });

  it('that were refused are asked for again: the new one is checked, and serves', async () => {
    const record = world.gives(1).gives(2).record();
    await settle();
    await world.clock.advance(MINUTE);
    world.pool.lease()!.settle('invalid_key');
    await settle();
    expect(world.pool.lease()).toMatchObject({ apiKey: tokenText(2) });
    expect([world.asked, world.checked]).toEqual([2, 2]);
    expect(record.failureStreak).toBeUndefined();
  });

  it('are not asked for without end where the vendor refuses each of them', async () => {
    world.outcome = 'invalid_key';
    const record = world.gives(1).gives(2).gives(3).record();
    await settle();
    expect([record.status, world.asked]).toEqual(['invalid_key', 1]);
    await world.clock.advance(9_000);
    expect(world.asked).toBe(1);
    // The re-check of the sweep is refused too: a fresh one may help.
    await world.clock.advance(30_000);
    world.pool.leaseForProbe(record).settle('invalid_key');
    await settle();
    expect([record.status, world.asked, world.checked]).toEqual(['invalid_key', 2, 2]);
  });

  it('that state no end are asked for every four minutes, and the same token again changes nothing', async () => {
    world.gives(1).record();
    await settle();
    const lease = world.pool.lease()!;
    await world.clock.advance(8 * MINUTE);
    expect([world.asked, world.checked]).toEqual([3, 1]);
    lease.settle('invalid_key');
    expect(world.pool.lease()).toBeUndefined();
  });

  it('a function that fails is asked again with backoff, while the old token serves to its end', async () => {
    const record = world
      .gives(1, 10 * MINUTE)
      .fails()
      .record();
    await settle();
    await world.clock.advance(8 * MINUTE);
    expect(world.pool.lease()).toMatchObject({ apiKey: tokenText(1) });
    const before = world.asked;
    await world.clock.advance(4_000);
    expect(world.asked - before).toBe(2);
    await world.clock.advance(2 * MINUTE);
    const { status, reason, cooldownUntil } = world.pool.snapshot(record);
    expect([status, world.pool.lease()]).toEqual(['cooling_down', undefined]);
    expect(reason).toBe(
      'no token: the function given as its key failed (Error: the metadata server is away). Mend it; it is asked again and again',
    );
    expect(cooldownUntil!.getTime()).toBeGreaterThan(world.clock.now());
    // As often as it takes, without a moment in which the key is chosen.
    for (let minute = 0; minute < 30; minute += 1) {
      await world.clock.advance(MINUTE);
      expect(world.pool.lease()).toBeUndefined();
    }
    world.answers.splice(0);
    world.gives(2, 10 * MINUTE);
    await world.clock.advance(MINUTE);
    expect(world.pool.lease()).toMatchObject({ apiKey: tokenText(2) });
    expect(world.pool.snapshot(record).reason).toBeUndefined();
  });

  it('a function that hangs is given up after ten seconds', async () => {
    world.answers.push(() => new Promise(() => undefined));
    const record = world.record();
    await world.clock.advance(10_000);
    expect(world.pool.snapshot(record)).toMatchObject({ status: 'cooling_down' });
    expect(record.reason).toMatch(/took more than 10 s/);
    expect(record.outcome).toBe('config_error');
  });

  it.each([
    ['nothing', undefined],
    ['a blank text', '  '],
    ['what no header can carry', 'token\nwith a line'],
    ['a token that is over', { key: tokenText(1), expiresAt: new Date(0) }],
    ['an end that is none', { key: tokenText(1), expiresAt: '2027-01-01' }],
    ['an object without one', { token: tokenText(1) }],
  ])('refuses %s, and repeats nothing of it', async (_, answer) => {
    world.answers.push(() => Promise.resolve(answer as never));
    const record = world.record();
    await settle();
    expect(record.status).toBe('cooling_down');
    expect(inspect(world.pool.snapshot(record))).not.toMatch(/SIMULATED|with a line/);
  });

  it('an administrator who enables a key without a token does not have it used', async () => {
    const record = world.fails().record();
    await settle();
    await world.pools.disable('vertex', 'project-a');
    await world.pools.enable('vertex', 'project-a');
    await world.pools.enable('vertex', 'project-a');
    expect([record.status, world.pool.lease()]).toEqual(['cooling_down', undefined]);
  });

  it('lets a key back into the cooldown that the lack of a token lay over', async () => {
    const record = world.gives(1, MINUTE).fails().record();
    await settle();
    world.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 20 * MINUTE, scope: 'key' });
    const until = world.pool.snapshot(record).cooldownUntil;
    await world.clock.advance(2 * MINUTE);
    expect(record.status).toBe('cooling_down');
    world.answers.splice(0);
    world.gives(2, 60 * MINUTE);
    await world.clock.advance(MINUTE);
    expect(world.pool.snapshot(record)).toMatchObject({ status: 'rate_limited', cooldownUntil: until });
  });

  it('forgets a deleted key, and what its function still answers', async () => {
    let answer: (token: string) => void = () => undefined;
    world.answers.push(() => new Promise((resolve) => (answer = resolve)));
    const record = world.record();
    await world.pools.remove('vertex', 'project-a');
    answer(tokenText(1));
    await settle();
    expect([record.key.masked, world.clock.pendingTimers]).toEqual(['***', 0]);
  });

  it('shows no token of a lease, old or new, when it is inspected', async () => {
    const record = world.gives(1, MINUTE).gives(2, MINUTE).record();
    await settle();
    const lease: PoolLease = world.pool.lease()!;
    await world.clock.advance(MINUTE / 2);
    expect(inspect([lease, record, world.service], { depth: null, showHidden: true })).not.toMatch(/SIMULATED/);
    expect(JSON.stringify([lease, record.tokens])).not.toMatch(/SIMULATED/);
  });
});
