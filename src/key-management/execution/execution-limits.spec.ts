import { errorOf, Harness, limited, overloaded, trail } from '../../../test/execution/harness';
import { settle } from '../../../test/support/fake-clock';
import { CancelledError, DeadlineExceededError } from '../errors';

describe('a managed call within its limits', () => {
  let harness: Harness;
  afterEach(() => {
    harness.expectIdle();
  });

  it('ends when its time is over, whatever the function does', async () => {
    harness = new Harness().add('a');
    let seen: AbortSignal | undefined;
    const result = await harness.runThrough({ timeoutMs: 1_000 }, ({ signal }) => {
      seen = signal;
      return new Promise(() => undefined);
    });
    expect(errorOf(result)).toBeInstanceOf(DeadlineExceededError);
    expect(trail(result)).toEqual(['timeout']);
    expect(seen).toMatchObject({ aborted: true, reason: { name: 'TimeoutError' } });
    expect(harness.snapshot('a')).toMatchObject({ errorCount: 0 });
    expect(harness.clock.pendingTimers).toBe(0);
  });

  it('makes no attempt when it has no time from the start', async () => {
    harness = new Harness().add('a');
    expect(errorOf(await harness.run({ timeoutMs: 0 }))).toBeInstanceOf(DeadlineExceededError);
    expect(harness.called).toEqual([]);
  });

  it('takes an attempt that lasts too long for a time-out, and tries again', async () => {
    harness = new Harness().add('a').add('b');
    const result = await harness.runThrough({ attemptTimeoutMs: 500 }, (context) =>
      context.attempt === 1 ? new Promise(() => undefined) : harness.vendor(context),
    );
    expect(result).toMatchObject({ success: true });
    expect(trail(result)).toEqual(['timeout', 'ok']);
  });

  describe('cancelled', () => {
    const controllers = () => new AbortController();

    it('before it begins', async () => {
      harness = new Harness().add('a');
      const result = await harness.run({ signal: AbortSignal.abort() });
      expect(errorOf(result)).toBeInstanceOf(CancelledError);
      expect(harness.called).toEqual([]);
    });

    it('during the call', async () => {
      harness = new Harness().add('a');
      const controller = controllers();
      let seen: AbortSignal | undefined;
      const running = harness.run({ signal: controller.signal }, ({ signal }) => {
        seen = signal;
        return new Promise(() => undefined);
      });
      await settle();
      controller.abort('enough');
      const result = await running;
      expect(errorOf(result)).toBeInstanceOf(CancelledError);
      expect(trail(result)).toEqual(['cancelled']);
      expect(seen!.reason).toBe('enough');
      expect(harness.snapshot('a')).toMatchObject({ errorCount: 0, successCount: 0 });
    });

    it('while it backs off', async () => {
      harness = new Harness({ random: () => 0.9 }).add('a', [overloaded()]);
      const controller = controllers();
      const running = harness.run({ signal: controller.signal });
      await settle();
      expect(harness.clock.pendingTimers).toBe(1);
      controller.abort();
      expect(errorOf(await running)).toBeInstanceOf(CancelledError);
      expect(harness.clock.pendingTimers).toBe(0);
    });

    it('while it waits for a key', async () => {
      harness = new Harness().add('a', [limited(5)]);
      const controller = controllers();
      const running = harness.run({ signal: controller.signal });
      await settle();
      controller.abort();
      expect(errorOf(await running)).toBeInstanceOf(CancelledError);
      await harness.clock.advance(60_000);
      expect(harness.clock.pendingTimers).toBe(0);
    });

    it('in the moment in which a key comes free: the key is given back', async () => {
      harness = new Harness().add('a', [undefined], { limits: { concurrency: 1 } });
      const lease = harness.pool.lease()!;
      const controller = controllers();
      const running = harness.run({ signal: controller.signal });
      await settle();
      lease.settle('ok');
      controller.abort();
      expect(errorOf(await running)).toBeInstanceOf(CancelledError);
      expect(harness.called).toEqual([]);
    });

    it('leaves no listener on a signal that outlives it', async () => {
      harness = new Harness().add('a', [overloaded(), limited(1), undefined]);
      const { signal } = controllers();
      const add = jest.spyOn(signal, 'addEventListener');
      const remove = jest.spyOn(signal, 'removeEventListener');
      expect(await harness.runThrough({ signal })).toMatchObject({ success: true });
      expect(add.mock.calls.length).toBeGreaterThan(3);
      expect(remove.mock.calls.length).toBeGreaterThanOrEqual(add.mock.calls.length);
    });
  });
});
