import fc from 'fast-check';
import { FakeClock, settle } from '../../../../test/support/fake-clock';
import { PoolLease } from '../../pool/key-lease';
import type { CallTarget } from '../attempt-context';
import { TimeLimits } from './time-limits';
import { WaitQueue } from './wait-queue';
import { MOST_OVERTAKES, PASSED_FOR_MS } from './waiter';

const NONE: ReadonlySet<string> = new Set();
/** Tokens that a bucket of these tests holds, and its refill in a second. */
const CAPACITY = 1_000;
const REFILL = 100;

/** One account: a bucket of tokens that refills. */
class Bucket {
  level = CAPACITY;
  keptFor: object | undefined;

  constructor(
    readonly name: string,
    private asOf: number,
  ) {}

  at(now: number): number {
    return Math.min(CAPACITY, this.level + ((now - this.asOf) * REFILL) / 1_000);
  }

  fitsAt(size: number, now: number): number {
    const missing = size - this.at(now);
    return missing <= 0 ? now : now + Math.ceil((missing * 1_000) / REFILL);
  }

  take(size: number, now: number): void {
    this.level = this.at(now) - size;
    this.asOf = now;
  }
}

const sizeOf = ({ tokens }: CallTarget): number => (tokens ? tokens.input + tokens.output : 0);

/** The part of a pool that the queue goes by, over buckets of tokens. */
class BucketPool {
  readonly accounts: { readonly parts: { waiting?: () => number } } = { parts: {} };
  readonly buckets: Bucket[];
  /** Whether another call fits, where a batch call asks. */
  hasRoom = true;

  constructor(now: number, count: number) {
    this.buckets = Array.from({ length: count }, (_, n) => new Bucket(`bucket ${n}`, now));
  }

  take(target: CallTarget, _exclude: unknown, now: number): unknown {
    const size = sizeOf(target);
    const free = this.buckets.find(
      (bucket) => bucket.at(now) >= size && (bucket.keptFor === undefined || bucket.keptFor === target.holder),
    );
    free?.take(size, now);
    return free && { onTrial: false, record: { key: { id: free.name } } };
  }

  availableAt(target: CallTarget, now: number): number {
    const soonest = Math.min(...this.buckets.map((bucket) => bucket.fitsAt(sizeOf(target), now)));
    return soonest > now ? soonest : 0;
  }

  nextWake(): undefined {
    return undefined;
  }

  mayBeFreed(): boolean {
    return true;
  }

  excess(target: CallTarget): object | undefined {
    return sizeOf(target) > CAPACITY ? { dimension: 'tokens', limit: CAPACITY } : undefined;
  }

  hasRoomForMore(): boolean {
    return this.hasRoom;
  }

  setAside(target: CallTarget, ticket: object, now: number): void {
    if (this.buckets.some(({ keptFor }) => keptFor === ticket)) return;
    const free = this.buckets.filter(({ keptFor }) => keptFor === undefined);
    const soonest = free.sort((one, other) => one.fitsAt(sizeOf(target), now) - other.fitsAt(sizeOf(target), now))[0];
    if (soonest) soonest.keptFor = ticket;
  }

  giveBack(ticket: object): void {
    for (const bucket of this.buckets) if (bucket.keptFor === ticket) bucket.keptFor = undefined;
  }

  leaseMade(): void {
    return;
  }
}

interface Served {
  readonly order: number;
  readonly at: number;
}

class World {
  readonly clock = new FakeClock();
  readonly pool: BucketPool;
  readonly queue: WaitQueue;
  readonly served: Served[] = [];
  readonly refused: string[] = [];
  /** How many calls waited already when each one came. */
  readonly before: number[] = [];

  constructor(buckets: number) {
    this.pool = new BucketPool(this.clock.now(), buckets);
    this.queue = new WaitQueue(this.pool as never, this.clock, new TimeLimits(this.clock));
  }

  get order(): number[] {
    return this.served.map(({ order }) => order);
  }

  wait(size: number | undefined, { batchMs = undefined as number | undefined, ms = Infinity } = {}): AbortController {
    const controller = new AbortController();
    const order = this.before.length;
    this.before.push(this.queue.length);
    const now = this.clock.now();
    void this.queue
      .wait({
        tokens: size === undefined ? undefined : { input: size, output: 0 },
        tried: NONE,
        endsAt: now + ms,
        signal: controller.signal,
        agesAt: batchMs === undefined ? undefined : now + batchMs,
      })
      .then((result) => {
        if (result instanceof PoolLease) this.served.push({ order, at: this.clock.now() });
        else this.refused.push(`${order}: ${result}`);
      });
    return controller;
  }
}

describe('calls of different sizes that wait', () => {
  it('pass one that does not fit yet, but not for ever', async () => {
    const world = new World(1);
    world.wait(1_000);
    world.wait(800);
    await settle();
    expect(world.order).toEqual([0]);
    // Each second a small call comes, for which the refill is just enough.
    for (let n = 0; n < 60; n += 1) {
      world.wait(100);
      await world.clock.advance(1_000);
    }
    const place = world.order.indexOf(1);
    expect(place).toBeGreaterThan(1);
    expect(place).toBeLessThanOrEqual(1 + PASSED_FOR_MS / 1_000 + 1);
  });

  it('pass it a few times where they come all at once', async () => {
    const world = new World(1);
    world.pool.buckets[0]!.level = 200;
    world.wait(800);
    for (let n = 0; n < 30; n += 1) world.wait(10);
    await settle();
    expect(world.order).toEqual(Array.from({ length: MOST_OVERTAKES }, (_, n) => n + 1));
    await world.clock.advance(60_000);
    expect(world.order[MOST_OVERTAKES]).toBe(0);
    expect(world.order).toHaveLength(31);
  });

  it('are first come, first served where they are alike, also without any size', async () => {
    for (const size of [500, undefined]) {
      const world = new World(1);
      if (size === undefined) world.pool.buckets[0]!.keptFor = world;
      for (let n = 0; n < 6; n += 1) world.wait(size);
      if (size === undefined) {
        world.pool.buckets[0]!.keptFor = undefined;
        world.queue.serve();
      }
      await world.clock.advance(60_000);
      expect(world.order).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  it('give an account that was kept for them back when they leave', async () => {
    const world = new World(1);
    world.wait(1_000);
    const big = world.wait(900);
    await world.clock.advance(PASSED_FOR_MS);
    world.wait(100);
    await settle();
    expect(world.order).toEqual([0]);
    big.abort();
    await settle();
    expect(world.order).toEqual([0, 2]);
    expect(world.refused).toEqual(['1: cancelled']);
    expect(world.pool.buckets[0]!.keptFor).toBeUndefined();
  });

  it('stop waiting when it shows that they can never fit', async () => {
    const world = new World(1);
    world.wait(1_000);
    world.wait(5_000);
    world.queue.review();
    await settle();
    expect(world.refused).toEqual(['1: too_large']);
  });

  it('are each served in the end, and passed by a bounded number of later ones', async () => {
    const arrivals = fc.array(
      fc.record({
        size: fc.constantFrom(undefined, 1, 20, 100, 150, 400, 700, 1_000),
        pauseMs: fc.constantFrom(0, 0, 50, 700, 2_500),
      }),
      { minLength: 1, maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), arrivals, async (buckets, calls) => {
        const world = new World(buckets);
        for (const { size, pauseMs } of calls) {
          world.wait(size);
          await world.clock.advance(pauseMs);
        }
        const tokens = calls.reduce((sum, { size = 0 }) => sum + size, 0);
        // At the slowest all wait for one bucket, which is full once before each.
        await world.clock.advance(((tokens + calls.length * CAPACITY) / REFILL) * 1_000);
        expect([...world.order].sort((one, other) => one - other)).toEqual(calls.map((_, order) => order));
        expect(world.queue.length).toBe(0);
        expect(world.pool.buckets.every(({ keptFor }) => keptFor === undefined)).toBe(true);
        expect(world.clock.pendingTimers).toBe(0);
        if (buckets > 1) return;
        for (const [place, { order }] of world.served.entries()) {
          const passed = world.served.slice(0, place).filter((other) => other.order > order).length;
          // Those that came before it are passed as often while it stands behind them.
          expect(passed).toBeLessThanOrEqual(MOST_OVERTAKES * (1 + world.before[order]!));
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('batch calls that wait', () => {
  it('go behind interactive ones, whenever those come', async () => {
    const world = new World(1);
    world.wait(1_000);
    world.wait(300, { batchMs: 60_000 });
    world.wait(300);
    world.wait(250);
    await world.clock.advance(20_000);
    expect(world.order).toEqual([0, 2, 3, 1]);
  });

  it('do not pass an interactive call that does not fit yet', async () => {
    const world = new World(1);
    world.wait(1_000);
    world.wait(900);
    world.wait(10, { batchMs: 60_000 });
    await world.clock.advance(5_000);
    expect(world.order).toEqual([0]);
    await world.clock.advance(5_000);
    expect(world.order).toEqual([0, 1, 2]);
  });

  it('do not hold up a new interactive call', () => {
    const world = new World(1);
    world.wait(1_000);
    world.wait(300, { batchMs: 60_000 });
    expect([world.queue.isWaiting({}), world.queue.isWaiting({}, true)]).toEqual([false, true]);
  });

  it('leave the last room to interactive calls for a second after the latest', async () => {
    const world = new World(1);
    world.pool.hasRoom = false;
    world.queue.courtesy.goesFirst({ priority: 'batch' }, world.clock.now());
    world.queue.courtesy.goesFirst({}, world.clock.now());
    world.wait(10, { batchMs: 60_000 });
    await world.clock.advance(999);
    expect(world.order).toEqual([]);
    await world.clock.advance(1);
    expect(world.order).toEqual([0]);
  });

  it('take what there is plenty of at once', async () => {
    const world = new World(1);
    world.queue.courtesy.goesFirst({ priority: 'batch' }, world.clock.now());
    world.queue.courtesy.goesFirst({ priority: 'interactive' }, world.clock.now());
    world.wait(10, { batchMs: 60_000 });
    await settle();
    expect(world.order).toEqual([0]);
  });

  it('count as interactive when they have waited long enough', async () => {
    const world = new World(1);
    world.wait(1_000);
    world.wait(300, { batchMs: 4_000 });
    // Interactive calls take all of the refill, for as long as they like.
    for (let n = 0; n < 40; n += 1) {
      world.wait(100);
      await world.clock.advance(1_000);
    }
    const served = world.served.find(({ order }) => order === 1);
    expect(served!.at - world.served[0]!.at).toBeGreaterThan(4_000);
    expect(served!.at - world.served[0]!.at).toBeLessThan(12_000);
  });
});
