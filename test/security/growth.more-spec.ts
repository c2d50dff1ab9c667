import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyPoolService, keyIdOf, type KeyStoreOptions } from '../../src/key-management';
import { Subject } from 'rxjs';
import { EventStreamService } from '../../src/key-management/admin/stream/event-stream.service';
import { EventLog } from '../../src/key-management/events/event-log';
import { TimeLimits } from '../../src/key-management/execution/waiting/time-limits';
import { WaitQueue } from '../../src/key-management/execution/waiting/wait-queue';
import { Harness } from '../execution/harness';
import { FakeClock } from '../support/fake-clock';
import { FailedTriesService } from '../../src/key-management/admin/access/failed-tries.service';
import { FileKeyStore } from '../../src/key-management/store/file/file-key-store';
import { PersistenceService } from '../../src/key-management/store/persistence.service';
import { fakeKey } from '../simulator';
import { startKeyManagement } from '../support/key-management-app';

const KEY = fakeKey('mine', 1);
const SINK = {
  write: () => true,
  end: () => undefined,
  destroy: () => undefined,
  writableNeedDrain: false,
  writableLength: 0,
};
const HOUR_MS = 3_600_000;

describe('models whose names the callers make up', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'akm-growth-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  const start = (store: KeyStoreOptions) => startKeyManagement({ providers: { mine: { keys: [KEY] } }, store });

  async function documents() {
    const store = new FileKeyStore({ path });
    await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
    const found = await store.load('keys/');
    await store.close();
    return found;
  }

  it('fill neither the pool nor the store, however many and long they are', async () => {
    const app = await start({ kind: 'file', path });
    const pools = app.get(KeyPoolService);
    for (let n = 0; n < 1_000; n += 1) {
      const lease = pools.lease('mine', { model: `${n}-${'m'.repeat(n % 2 === 0 ? 10 : 100_000)}` });
      lease!.settle({ outcome: 'model_unavailable', retryAfterMs: HOUR_MS });
    }
    const { cooldowns } = pools.get('mine', keyIdOf(KEY))!;
    expect(cooldowns.length).toBeLessThan(64);
    expect(Math.max(...cooldowns.map(({ model = '' }) => model.length))).toBeLessThanOrEqual(256);
    await app.close();
    const [document] = await documents();
    expect(Object.keys(document!.registers).length).toBeLessThanOrEqual(300);
    expect(JSON.stringify(document).length).toBeLessThan(200_000);
    // Nor do those of one life add to those of the next without end.
    const again = await start({ kind: 'file', path });
    for (let n = 0; n < 300; n += 1)
      again
        .get(KeyPoolService)
        .lease('mine', { model: `again-${n}` })!
        .settle({ outcome: 'model_unavailable' });
    await again.close();
    const [after] = await documents();
    expect(Object.keys(after!.registers).length).toBeLessThanOrEqual(300);
  }, 300_000);

  it('are not taken up again from the store once their cooldowns are over', async () => {
    const store = new FileKeyStore({ path });
    await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
    const doc = `keys/mine/${keyIdOf(KEY)}`;
    await store.write(
      Array.from(
        { length: 200 },
        (_, n) =>
          ({
            kind: 'set',
            doc,
            field: `rest:old-${n}`,
            register: { value: { until: 1_000 + n, outcome: 'rate_limited' }, version: 1, tie: '0:other' },
          }) as const,
      ),
    );
    await store.close();
    const app = await start({ kind: 'file', path });
    let told = 0;
    app.get(KeyPoolService).events$.subscribe(({ type }) => (told += type === 'model_cooled_down' ? 1 : 0));
    await app.get(PersistenceService).saved('mine', keyIdOf(KEY));
    expect([...app.get(KeyPoolService).pool('mine')!.records()][0]!.candidates).toHaveLength(1);
    expect(told).toBe(0);
    await app.close();
  });
});

describe('what waits or listens', () => {
  const LEAST = 5_000;

  it('is refused beyond 10,000 calls for one provider', async () => {
    const harness = new Harness();
    harness.add('a', [undefined], { limits: { concurrency: 1 } });
    const limits = new TimeLimits(harness.clock);
    const queue = new WaitQueue(harness.pool, harness.clock, limits);
    harness.pool.lease();
    const wait = (n: number) =>
      queue.wait({ model: `m${n}`, tried: new Set(), endsAt: harness.clock.now() + 60_000, signal: undefined });
    const waiting = Array.from({ length: 2 * LEAST }, (_, n) => wait(n));
    expect(queue.length).toBe(2 * LEAST);
    expect(await wait(2 * LEAST)).toBe('queue_full');
    queue.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['closed']));
  });

  it('is refused beyond 5,000 event streams, and the log keeps 5,000 entries', () => {
    const clock = new FakeClock();
    const pools = { events$: new Subject() } as unknown as KeyPoolService;
    const log = new EventLog(pools, clock);
    for (let n = 0; n < LEAST + 500; n += 1) log.recordAction({ action: 'add_keys', result: 'ok', status: 200 });
    expect(log.latest({ limit: 1_000_000 })).toHaveLength(LEAST);
    const stream = new EventStreamService(log, clock, 'instance');
    const sink = () => ({ ...SINK, on: () => undefined });
    for (let n = 0; n < LEAST; n += 1) stream.add(sink(), undefined);
    expect(stream.isOpen).toBe(false);
    stream.onModuleDestroy();
    log.onModuleDestroy();
  });
});

describe('addresses that try tokens', () => {
  it('share 65,536 buckets at the most, an IPv6 network one of them', async () => {
    const tries = new FailedTriesService();
    for (let n = 0; n < 10; n += 1) expect(await tries.note(`2001:db8:1:2:${n}::1`)).toBe(0);
    expect(await tries.note('2001:DB8:0001:2::ffff')).toBeGreaterThan(0);
    expect(await tries.note('x'.repeat(100_000))).toBe(0);
  });
});
