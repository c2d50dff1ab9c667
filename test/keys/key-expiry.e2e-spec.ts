import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, KeyPoolService, type KeyEvent } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const DAY = 24 * 60 * 60_000;
const ID = 'ends-soon';

describe('a key that its vendor ends', () => {
  let simulator: VendorSimulator;
  let clock: FakeClock;
  let cluster: Cluster;
  let apps: TestingModule[];
  let events: { app: number; event: KeyEvent }[];

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    clock = new FakeClock();
    cluster = new Cluster();
    cluster.lockTime = () => clock.now();
    [apps, events] = [[], []];
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    await simulator.close();
  });

  const key = (expiresAt?: Date | string) => ({ key: simulator.openai.key(fakeKey('openai', 1)), id: ID, expiresAt });
  async function start(expiresAt?: Date | string): Promise<TestingModule> {
    const keys = [key(expiresAt) as never, simulator.openai.key(fakeKey('openai', 2))];
    const app = await startKeyManagement(
      { store: cluster.member(), providers: { openai: { keys, baseUrl: simulator.openai.baseUrl } } },
      { clock },
    );
    const index = apps.push(app) - 1;
    app.get(KeyPoolService).events$.subscribe((event) => events.push({ app: index, event }));
    await app.get(KeyManagerService).forceHealthCheck();
    await clock.advance(1_000);
    return app;
  }
  /** Timers that come due on the way fire once, at its end: instances have many that come every second. */
  const pass = async (ms: number): Promise<void> => {
    clock.skip(ms - 1_000);
    await clock.advance(1_000);
  };
  const told = () =>
    events.flatMap(({ event }) => (event.type === 'key_expiring' ? [[event.keyId, event.days, event.expiresAt]] : []));
  const shown = () => apps.map((app) => app.get(KeyPoolService).get('openai', ID));

  it('is told of 14 days and 1 day before, once over all instances and restarts, and is then disabled', async () => {
    const expiresAt = new Date(clock.now() + 20 * DAY);
    await start(expiresAt);
    await start(expiresAt);
    await pass(5 * DAY);
    expect(told()).toEqual([]);
    await pass(2 * DAY);
    expect(told()).toEqual([[ID, 14, expiresAt]]);
    // A restart, and one instance more.
    await apps.shift()!.close();
    await start(expiresAt);
    await pass(13 * DAY - 12 * 60 * 60_000);
    expect(told()).toEqual([
      [ID, 14, expiresAt],
      [ID, 1, expiresAt],
    ]);
    expect(shown()).toMatchObject([
      { status: 'healthy', expiresAt },
      { status: 'healthy', expiresAt },
    ]);
    await pass(DAY);
    const ended = { status: 'disabled', reason: 'expired', expiresAt };
    expect(shown()).toMatchObject([ended, ended]);
    for (const app of apps) {
      const leases = [0, 1, 2].map(() => app.get(KeyPoolService).lease('openai'));
      expect(leases.map((lease) => lease?.keyId)).not.toContain(ID);
    }
    const changes = events.filter(({ event }) => event.type === 'status_changed' && event.to === 'disabled');
    expect(changes.map(({ event }) => event)).toMatchObject([
      { by: 'time', reason: 'expired' },
      { by: 'time', reason: 'expired' },
    ]);
    expect(told()).toHaveLength(2);
  });

  it('is back with a later end, on every instance, and is told of again', async () => {
    await start(new Date(clock.now() + 2 * DAY));
    await start(new Date(clock.now() + 2 * DAY - 1_000));
    await pass(3 * DAY);
    expect(shown()).toMatchObject([{ reason: 'expired' }, { reason: 'expired' }]);
    const pools = apps[0]!.get(KeyPoolService);
    // An administrator's word does not make the vendor take it.
    await pools.enable('openai', ID);
    expect(shown()[0]).toMatchObject({ status: 'disabled', reason: 'expired' });
    const later = new Date(clock.now() + 10 * DAY);
    await pools.update('openai', ID, { expiresAt: later });
    await clock.advance(1_000);
    expect(shown()[0]).toMatchObject({ status: 'healthy', expiresAt: later });
    expect(told().at(-1)).toEqual([ID, 14, later]);
    await pools.update('openai', ID, { expiresAt: null });
    await pass(20 * DAY);
    expect(shown()[0]).toMatchObject({ status: 'healthy', expiresAt: undefined });
  });

  it('is never used where it is over from the start, and an administrator’s switch goes on beside it', async () => {
    const expiresAt = new Date(clock.now() - 1).toISOString();
    await start(expiresAt);
    await start(expiresAt);
    expect(shown()).toMatchObject([{ reason: 'expired' }, { reason: 'expired' }]);
    const [first, second] = apps.map((app) => app.get(KeyPoolService)) as [KeyPoolService, KeyPoolService];
    await first.disable('openai', ID);
    await clock.advance(1_000);
    await second.update('openai', ID, { expiresAt: new Date(clock.now() + 100 * DAY) });
    await clock.advance(1_000);
    expect(shown()).toMatchObject([{ status: 'disabled' }, { status: 'disabled' }]);
    expect(shown().map((each) => each?.reason)).not.toContain('expired');
    await second.enable('openai', ID);
    await clock.advance(1_000);
    expect(shown().map((each) => each?.status)).not.toContain('disabled');
    expect(told()).toEqual([]);
  });
});
