import { FakeClock } from '../../../test/support/fake-clock';
import { startKeyManagement } from '../../../test/support/key-management-app';
import { turns } from '../../../test/support/turns';
import { yieldToEventLoop } from '../common/event-loop';
import { runOut } from '../forecast/run-out';
import { KeyPoolService } from '../pool/key-pool.service';
import { RetryExecutorService } from '../execution/retry-executor.service';

/** Both do what they did, and are counted. */
jest.mock('../forecast/run-out', (): unknown => {
  const actual = jest.requireActual<typeof import('../forecast/run-out')>('../forecast/run-out');
  return { ...actual, runOut: jest.fn(actual.runOut) };
});
jest.mock('../common/event-loop', (): unknown => {
  const actual = jest.requireActual<typeof import('../common/event-loop')>('../common/event-loop');
  return { ...actual, yieldToEventLoop: jest.fn(actual.yieldToEventLoop) };
});

const KEYS = 800;
const MINUTE = 60_000;

it('foretells only what something was spent of, with turns of the event loop between', async () => {
  const clock = new FakeClock();
  const keys = Array.from({ length: KEYS }, (_, n) => ({
    key: `sk-forecast-${String(n).padStart(8, '0')}`,
    budgets: [{ requests: 1_000, per: 'day' as const }],
  }));
  const app = await startKeyManagement(
    { providers: { acme: { keys, probe: { light: false, deep: false } } } },
    { clock },
  );
  try {
    await turns(50);
    const pool = app.get(KeyPoolService);
    const spend = async (minutes: number): Promise<void> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        for (let n = 0; n < 3; n += 1)
          await app.get(RetryExecutorService).execute('acme', () => Promise.resolve('hello'));
        await clock.advance(MINUTE);
        await turns(100);
      }
    };
    await spend(2);
    jest.mocked(runOut).mockClear();
    jest.mocked(yieldToEventLoop).mockClear();
    await spend(1);
    // And of all keys together.
    const most = 1 + pool.list('acme').filter(({ successCount }) => successCount > 0).length;
    expect(most).toBeLessThanOrEqual(10);
    expect(jest.mocked(runOut).mock.calls.length).toBeGreaterThanOrEqual(1);
    expect(jest.mocked(runOut).mock.calls.length).toBeLessThanOrEqual(most);
    expect(jest.mocked(yieldToEventLoop).mock.calls.length).toBeGreaterThanOrEqual(1);
    // Where nothing was spent in a day, nothing is foretold.
    const look = async (afterMs: number): Promise<number> => {
      jest.mocked(runOut).mockClear();
      await clock.advance(afterMs);
      await turns(100);
      return jest.mocked(runOut).mock.calls.length;
    };
    await look(26 * 60 * MINUTE);
    expect(await look(MINUTE)).toBeLessThanOrEqual(most);
    expect(await look(MINUTE)).toBe(0);
  } finally {
    await app.close();
  }
});
