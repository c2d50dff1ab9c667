import { Harness, overloaded } from '../../../test/execution/harness';
import { settle } from '../../../test/support/fake-clock';

describe('tiers and spillAfterMs', () => {
  /** A call that answers after this time. */
  const slow =
    (harness: Harness, ms: number) =>
    async (context: Parameters<typeof harness.vendor>[0]): Promise<string> => {
      const answer = await harness.vendor(context);
      await new Promise<void>((resolve) => harness.clock.after(ms, resolve));
      return answer;
    };
  const withTwo = (spillAfterMs?: number): Harness =>
    new Harness({ spillAfterMs })
      .add('high', [undefined], { tier: 1 })
      .add('low', [undefined], { tier: 0, limits: { concurrency: 1 } });

  it('takes the next tier at once where nothing is said', async () => {
    const harness = withTwo();
    const calls = [harness.run({}, slow(harness, 1_000)), harness.run()];
    await settle();
    expect(harness.called).toEqual(['low', 'high']);
    await harness.clock.advance(1_000);
    await Promise.all(calls);
    harness.expectIdle();
  });

  it('waits until spillAfterMs has passed, to the millisecond, and then takes the next', async () => {
    const harness = withTwo(2_000);
    const calls = [harness.run({}, slow(harness, 5_000)), harness.run()];
    await harness.clock.advance(1_999);
    expect(harness.called).toEqual(['low']);
    await harness.clock.advance(1);
    expect(harness.calls).toMatchObject([{ key: 'low' }, { key: 'high' }]);
    await harness.clock.advance(5_000);
    const [, spilled] = await Promise.all(calls);
    expect(spilled).toMatchObject({ success: true, totalTimeMs: 2_000 });
    harness.expectIdle();
  });

  it('is served by the lower tier where that comes free in time, also with a stated size', async () => {
    for (const estimatedTokens of [undefined, 100]) {
      const harness = withTwo(2_000);
      const calls = [harness.run({}, slow(harness, 1_500)), harness.run({ estimatedTokens })];
      await harness.clock.advance(1_499);
      expect(harness.called).toEqual(['low']);
      await harness.clock.advance(1);
      expect(harness.called).toEqual(['low', 'low']);
      await Promise.all(calls);
    }
  });

  it('spills in the order in which the calls came, also those with a stated size', async () => {
    const harness = withTwo(2_000);
    const calls = [harness.run({}, slow(harness, 9_000)), harness.run({ estimatedTokens: 50 })];
    await harness.clock.advance(500);
    calls.push(harness.run({ estimatedTokens: 50 }));
    await harness.clock.advance(1_500);
    expect(harness.called).toEqual(['low', 'high']);
    await harness.clock.advance(499);
    expect(harness.called).toEqual(['low', 'high']);
    await harness.clock.advance(1);
    expect(harness.called).toEqual(['low', 'high', 'high']);
    await harness.clock.advance(9_000);
    await Promise.all(calls);
  });

  it.each([{ maxWaitMs: 1_000 }, { maxWaitMs: 0 }, { timeoutMs: 2_000 }])(
    'does not wait for a tier with %j, which ends before',
    async (options) => {
      const harness = withTwo(2_000);
      const calls = [harness.run({}, slow(harness, 5_000)), harness.run(options)];
      await settle();
      expect(harness.called).toEqual(['low', 'high']);
      await harness.clock.advance(5_000);
      await Promise.all(calls);
    },
  );

  it('waits for no tier whose keys are away for longer than that', async () => {
    const harness = withTwo(2_000);
    harness.pool.lease()!.settle({ outcome: 'rate_limited', retryAfterMs: 30_000, scope: 'key' });
    await harness.run();
    expect(harness.called).toEqual(['high']);
  });

  it('goes on to the next tier at once after a failure of the only key of the lower one', async () => {
    const harness = new Harness({ spillAfterMs: 5_000 })
      .add('high', [undefined], { tier: 1 })
      .add('low', [overloaded()], { tier: 0 });
    await harness.run();
    expect(harness.called).toEqual(['low', 'high']);
    expect(harness.clock.now() - harness.calls[0]!.at).toBe(0);
  });
});
