import type { TestingModule } from '@nestjs/testing';
import { KeyManagerService, RetryExecutorService } from '../../src/key-management';
import { VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { startKeyManagement } from '../support/key-management-app';

const HOUR = 60 * 60_000;

jest.setTimeout(900_000);

it('is foretold alike on three instances, one of which writes what was spent, and on one that comes later', async () => {
  const clock = new FakeClock();
  const cluster = new Cluster();
  cluster.lockTime = () => clock.now();
  const simulator = await VendorSimulator.start();
  const { baseUrl } = simulator.openai;
  const keys = simulator.openai.newKeys(3);
  const apps: TestingModule[] = [];
  const start = async (): Promise<TestingModule> => {
    const app = await startKeyManagement(
      {
        store: cluster.discreetMember(),
        providers: { openai: { keys: [...keys], baseUrl, budgets: [{ requests: 10_000, per: 'month' }] } },
      },
      { clock },
    );
    apps.push(app);
    await app.get(KeyManagerService).forceHealthCheck();
    await clock.advance(1_000);
    return app;
  };
  /** A call a minute of each of the first three. */
  const pass = async (minutes: number): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      for (const app of apps.slice(0, 3))
        await app.get(RetryExecutorService).execute('openai', () => Promise.resolve('hello'));
      // Only the last of what is due every few seconds: nobody may count as gone meanwhile.
      for (let quarter = 0; quarter < 4; quarter += 1) {
        clock.skip(13_000);
        await clock.advance(2_000);
      }
    }
  };
  /** By which part the time until then is wrong. */
  const missOf = (app: TestingModule, calls: number): number => {
    const at = app.get(KeyManagerService).getComprehensiveStatus().key_pools.providers.openai!.runs_out_at;
    return Math.abs((Date.parse(at ?? '') - clock.now()) / HOUR / ((10_000 - calls) / (3 * 60)) - 1);
  };
  try {
    for (let n = 0; n < 3; n += 1) await start();
    cluster.batches.length = 0;
    await pass(75);
    for (const app of apps) expect(missOf(app, 3 * 75)).toBeLessThan(0.1);
    const written = cluster.batches.flat().filter(({ doc }) => doc.startsWith('spending/'));
    expect(new Set(written.map(({ doc }) => doc)).size).toBe(1);
    // Every ten minutes, and once an hour more.
    expect(written.length).toBeGreaterThanOrEqual(7);
    expect(written.length).toBeLessThanOrEqual(10);
    const fourth = await start();
    await pass(2);
    expect(missOf(fourth, 3 * 77)).toBeLessThan(0.1);
  } finally {
    for (const app of apps) await app.close();
    await simulator.close();
  }
});
