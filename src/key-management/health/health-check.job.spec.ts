import { FakeClock } from '../../../test/support/fake-clock';
import type { KeyPool } from '../pool/key-pool';
import { HealthCheckJob } from './health-check.job';

/** A pool with one key that was never checked. */
const uncheckedPool = (provider: string): KeyPool => {
  const record = { enabled: true, probing: false, state: { status: 'unchecked' }, addedAt: 0 };
  return { provider, wake: () => undefined, records: () => [record] } as unknown as KeyPool;
};

describe('a tick of the health checks', () => {
  const begin = (isLeader: boolean, isRead = true) => {
    const clock = new FakeClock();
    const checked: string[] = [];
    const link = { readsLater: true, countInstances: () => 2, freshen: jest.fn(() => Promise.resolve(isRead)) };
    const given = [
      { pools: () => ['openai', 'anthropic', 'google'].map(uncheckedPool) },
      { isDeep: false, checkAll: ({ provider }: KeyPool) => Promise.resolve(checked.push(provider)) },
      { current: { healthCheckIntervalMinutes: 5 } },
      { held: () => Promise.resolve(isLeader) },
      { link },
      clock,
    ] as unknown as ConstructorParameters<typeof HealthCheckJob>;
    return { job: new HealthCheckJob(...given), clock, checked, link };
  };

  it.each([true, false])('reads once what others did, for the keys of all providers (leader: %s)', async (isLeader) => {
    const { job, checked, link } = begin(isLeader);
    await job.tick();
    expect(link.freshen).toHaveBeenCalledTimes(1);
    expect(checked).toEqual(['openai', 'anthropic', 'google']);
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
