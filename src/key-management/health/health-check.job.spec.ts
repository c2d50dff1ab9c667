import { FakeClock } from '../../../test/support/fake-clock';
import type { KeyPool } from '../pool/key-pool';
import { HealthCheckJob } from './health-check.job';

/** A pool with one key that was never checked. */
const uncheckedPool = (provider: string): KeyPool => poolOf(provider, () => [recordDueAt(0)]);
const poolOf = (provider: string, records: () => Iterable<object>): KeyPool =>
  ({ provider, wake: () => undefined, records }) as unknown as KeyPool;
const recordDueAt = (addedAt: number): object => ({
  enabled: true,
  probing: false,
  state: { status: 'unchecked' },
  addedAt,
});

describe('a tick of the health checks', () => {
  const begin = (isLeader: boolean, isRead = true, pools?: KeyPool[]) => {
    const clock = new FakeClock();
    const checked: string[] = [];
    const checkedKeys: unknown[] = [];
    const checkAll = ({ provider }: KeyPool, records: Iterable<unknown>): Promise<void> => {
      checked.push(provider);
      checkedKeys.push(...records);
      return Promise.resolve();
    };
    const link = { readsLater: true, countInstances: () => 2, freshen: jest.fn(() => Promise.resolve(isRead)) };
    const given = [
      { pools: () => pools ?? ['openai', 'anthropic', 'google'].map(uncheckedPool) },
      { isDeep: false, checkAll },
      { current: { healthCheckIntervalMinutes: 5 } },
      { held: () => Promise.resolve(isLeader) },
      { link },
      clock,
    ] as unknown as ConstructorParameters<typeof HealthCheckJob>;
    return { job: new HealthCheckJob(...given), clock, checked, checkedKeys, link };
  };

  it.each([true, false])('reads once what others did, for the keys of all providers (leader: %s)', async (isLeader) => {
    const { job, checked, link } = begin(isLeader);
    await job.tick();
    expect(link.freshen).toHaveBeenCalledTimes(1);
    expect(checked).toEqual(['openai', 'anthropic', 'google']);
  });

  it('looks at the keys of a large pool in chunks, and checks those that are due', async () => {
    const due = recordDueAt(0);
    const keys = [...Array.from({ length: 20_000 }, () => recordDueAt(Infinity)), due];
    let [inThisTurn, most] = [0, 0];
    const pool = poolOf('openai', function* () {
      for (const record of keys) {
        most = Math.max(most, (inThisTurn += 1));
        yield record;
      }
    });
    let isOver = false;
    const turn = (): void => {
      inThisTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    const { job, checkedKeys } = begin(true, true, [pool]);
    turn();
    await job.tick();
    isOver = true;
    expect(checkedKeys).toEqual([due]);
    expect(most).toBeLessThanOrEqual(2_000);
  });

  it('checks nothing while it is not known what others did', async () => {
    const { job, checked } = begin(true, false);
    await job.tick();
    expect(checked).toEqual([]);
  });

  it('reads at most once a minute without the lead', async () => {
    const { job, clock, link } = begin(false);
    for (let tick = 0; tick < 21; tick += 1) {
      await job.tick();
      await clock.advance(3_000);
    }
    expect(link.freshen).toHaveBeenCalledTimes(2);
  });
});
