import { Harness, overloaded } from '../../../test/execution/harness';
import { settle } from '../../../test/support/fake-clock';
import type { AffinityTarget } from '../pool/key/affinity-target';

/** A call that answers after this time. */
const slow =
  (harness: Harness, ms: number) =>
  async (context: Parameters<typeof harness.vendor>[0]): Promise<string> => {
    const answer = await harness.vendor(context);
    await new Promise<void>((resolve) => harness.clock.after(ms, resolve));
    return answer;
  };

/** Two accounts with one key each, which takes one call at a time. */
const withTwo = (affinityMaxWaitMs?: number): Harness =>
  new Harness({ affinityMaxWaitMs })
    .add('one', [undefined], { limits: { concurrency: 1 } })
    .add('two', [undefined], { limits: { concurrency: 1 } });

/** An id that stands for the account of this key. */
function idFor(harness: Harness, name: string): string {
  const now = harness.clock.now();
  for (let n = 0; ; n += 1) {
    const affinity: AffinityTarget = { kind: 'soft', id: `id-${n}` };
    if (harness.pool.accountFor({ affinity }, now) === `key:${harness.id(name)}`) return affinity.id;
  }
}

const bound = (harness: Harness, account: string, maxWaitMs = 10_000) =>
  harness.executor.run(harness.executor.providerContext('openai')!, harness.vendor, {
    affinity: { kind: 'hard', account },
    maxWaitMs,
  });

describe('a soft affinity', () => {
  it('keeps to its account call by call, and says so', async () => {
    const harness = withTwo();
    for (const name of ['one', 'two', 'two', 'one'] as const) {
      const result = await harness.run({ affinity: idFor(harness, name) });
      expect(result).toMatchObject({ success: true, response: `answer of ${name}`, affinity: 'kept' });
      expect(await harness.run({ affinity: { id: idFor(harness, name) } })).toMatchObject({ affinity: 'kept' });
    }
    expect(await harness.run()).not.toHaveProperty('affinity');
  });

  it('waits for its account while another is free, which other calls take meanwhile', async () => {
    const harness = withTwo();
    const affinity = idFor(harness, 'one');
    const calls = [harness.run({ affinity }, slow(harness, 1_500)), harness.run({ affinity })];
    await settle();
    expect(await harness.run()).toMatchObject({ response: 'answer of two' });
    expect(await harness.run({ affinity: idFor(harness, 'two') })).toMatchObject({ response: 'answer of two' });
    await harness.clock.advance(1_499);
    expect(harness.called).toEqual(['one', 'two', 'two']);
    await harness.clock.advance(1);
    const [, waited] = await Promise.all(calls);
    expect(waited).toMatchObject({ response: 'answer of one', affinity: 'kept', totalTimeMs: 1_500 });
    harness.expectIdle();
  });

  it('moves after affinityMaxWaitMs, to the millisecond, 2 s by default, and says so', async () => {
    for (const [given, waits] of [
      [undefined, 2_000],
      [300, 300],
    ] as const) {
      const harness = withTwo(given);
      const affinity = idFor(harness, 'one');
      const calls = [harness.run({ affinity }, slow(harness, 9_000)), harness.run({ affinity })];
      await harness.clock.advance(waits - 1);
      expect(harness.called).toEqual(['one']);
      await harness.clock.advance(1);
      expect(await calls[1]).toMatchObject({ response: 'answer of two', affinity: 'moved', totalTimeMs: waits });
      await harness.clock.advance(9_000);
      await Promise.all(calls);
      harness.expectIdle();
    }
  });

  it.each<[string, Parameters<Harness['run']>[0], number | undefined]>([
    ['the option says 0', {}, 0],
    ['it cannot wait', { maxWaitMs: 0 }, undefined],
  ])('moves at once where %s', async (_, options, affinityMaxWaitMs) => {
    const harness = withTwo(affinityMaxWaitMs);
    const affinity = idFor(harness, 'one');
    const first = harness.run({ affinity }, slow(harness, 1_000));
    expect(await harness.run({ affinity, ...options })).toMatchObject({ response: 'answer of two', affinity: 'moved' });
    await harness.clock.advance(1_000);
    await first;
  });

  it('leaves half of its own time to the next account', async () => {
    const harness = withTwo();
    const affinity = idFor(harness, 'one');
    const first = harness.run({ affinity }, slow(harness, 9_000));
    const second = harness.run({ affinity, maxWaitMs: 1_000 });
    await harness.clock.advance(500);
    expect(await second).toMatchObject({ response: 'answer of two', affinity: 'moved', totalTimeMs: 500 });
    await harness.clock.advance(9_000);
    await first;
  });

  it('moves at once where the account cools down for longer, and goes on with another after a failure', async () => {
    const harness = new Harness().add('one', [overloaded(), undefined]).add('two');
    const affinity = idFor(harness, 'one');
    expect(await harness.run({ affinity })).toMatchObject({
      response: 'answer of two',
      affinity: 'moved',
      attempts: [{ outcome: 'overloaded' }, { outcome: 'ok' }],
    });
    harness.pool.setEnabled(harness.pool.record(harness.id('one'))!, false, 'administrator');
    // It is in the pool no longer: the next is the account of the id.
    expect(await harness.run({ affinity })).toMatchObject({ response: 'answer of two', affinity: 'kept' });
  });

  it('serves in the order in which they came those that wait for one account, and then for any', async () => {
    const harness = withTwo();
    const affinity = idFor(harness, 'one');
    const order: number[] = [];
    const wait = (n: number, options: Parameters<Harness['run']>[0]): Promise<unknown> =>
      harness.run(options).then(() => order.push(n));
    const busy = [harness.run({ affinity }, slow(harness, 3_000))];
    busy.push(harness.run({ affinity: idFor(harness, 'two') }, slow(harness, 2_500)));
    await settle();
    const waiting = [wait(1, { affinity }), wait(2, { affinity }), wait(3, {}), wait(4, { affinity })];
    await harness.clock.advance(3_000);
    await Promise.all([...busy, ...waiting]);
    expect(order).toEqual([1, 2, 3, 4]);
    harness.expectIdle();
  });
});

describe('a hard affinity', () => {
  it('waits for its account, whatever else is free, and is passed by calls of other accounts', async () => {
    const harness = withTwo();
    const first = bound(harness, harness.id('one'));
    await first;
    const busy = harness.run({ affinity: idFor(harness, 'one') }, slow(harness, 6_000));
    const second = bound(harness, harness.id('one'));
    await settle();
    expect(await harness.run()).toMatchObject({ response: 'answer of two' });
    expect(await bound(harness, harness.id('two'))).toMatchObject({ response: 'answer of two' });
    await harness.clock.advance(6_000);
    expect(await second).toMatchObject({ response: 'answer of one', affinity: 'kept', totalTimeMs: 6_000 });
    await busy;
    harness.expectIdle();
  });

  it('ends where its account cannot serve it in time, or is not there', async () => {
    const harness = withTwo();
    const busy = harness.run({ affinity: idFor(harness, 'one') }, slow(harness, 6_000));
    const late = bound(harness, harness.id('one'), 1_000);
    await harness.clock.advance(1_000);
    expect(await late).toMatchObject({ success: false, error: { code: 'NO_HEALTHY_KEYS' } });
    expect(await bound(harness, 'nobody')).toMatchObject({ success: false, error: { code: 'NO_HEALTHY_KEYS' } });
    harness.pool.setEnabled(harness.pool.record(harness.id('two'))!, false, 'administrator');
    expect(await bound(harness, harness.id('two'))).toMatchObject({ error: { code: 'NO_HEALTHY_KEYS' } });
    expect(harness.called).toEqual(['one']);
    await harness.clock.advance(6_000);
    await busy;
    harness.expectIdle();
  });

  it('tries its only key again after a failure, and no other account', async () => {
    const harness = new Harness().add('one', [overloaded(), undefined]).add('two');
    const result = bound(harness, harness.id('one'), 60_000);
    await harness.clock.advance(60_000);
    expect(await result).toMatchObject({ success: true, response: 'answer of one', affinity: 'kept' });
    expect(harness.called).toEqual(['one', 'one']);
  });
});

it.each<[unknown]>([
  [''],
  [7],
  ['x'.repeat(513)],
  [{}],
  [{ id: '' }],
  [{ id: 'x', hard: 'yes' }],
  [{ id: 'x', soft: 1 }],
  [null],
])('refuses the affinity %j, and names the option', async (affinity) => {
  const harness = withTwo();
  const result = await harness.run({ affinity: affinity as string });
  expect(result).toMatchObject({ success: false, error: { code: 'CALL_REJECTED' }, attemptsMade: 0 });
  expect(!result.success && result.errorMessage).toContain('affinity must be an id of 1 to 512 characters');
});
