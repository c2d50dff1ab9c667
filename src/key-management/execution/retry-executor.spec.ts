import { inspect } from 'node:util';
import axios, { AxiosError } from 'axios';
import { badRequest, Harness, invalid, key, limited, overloaded } from '../../../test/execution/harness';
import { settle } from '../../../test/support/fake-clock';
import { KeyManagementError } from '../errors';
import type { AttemptContext } from './attempt-context';
import type { CallContext } from './execution.types';

describe('RetryExecutorService', () => {
  it('throws a KeyManagementError from executeOrThrow, and gives the response itself', async () => {
    const harness = new Harness().add('a', [undefined, badRequest()]);
    expect(await harness.executor.executeOrThrow('openai', harness.vendor)).toBe('answer of a');
    await expect(harness.executor.executeOrThrow('openai', harness.vendor)).rejects.toBeInstanceOf(KeyManagementError);
    await expect(harness.executor.executeOrThrow('nobody', harness.vendor)).rejects.toMatchObject({
      code: 'UNKNOWN_PROVIDER',
    });
  });

  it('counts each call once, whatever becomes of it', async () => {
    const harness = new Harness().add('a', [undefined, badRequest()]);
    for (let n = 0; n < 2; n += 1) await harness.executor.execute('openai', harness.vendor);
    expect(harness.ended).toMatchObject([
      { success: true, attempts: 1 },
      { success: false, attempts: 1 },
    ]);
  });

  it('prices each attempt as of its beginning, however long its answer takes', async () => {
    const perMillion = (usd: number) => ({ inputUsdPerMillion: usd, outputUsdPerMillion: 0 });
    const from = new Date(Date.UTC(2030, 0, 1));
    const harness = new Harness({ prices: { openai: [perMillion(1), { ...perMillion(3), from }] } }).add('a');
    harness.clock.skip(from.getTime() - 1 - harness.clock.now());
    const reports: CallContext[] = [];
    const costOf = async (answer: unknown) => {
      const result = await harness.executor.execute('openai', (context) => {
        reports.push(context);
        harness.clock.skip(1);
        return Promise.resolve(answer);
      });
      return result.usage?.costUsd;
    };
    const answer = { model: 'gpt-5', usage: { prompt_tokens: 1_000_000, completion_tokens: 0 } };
    expect([await costOf(answer), await costOf(answer)]).toEqual([1, 3]);
    harness.clock.skip(from.getTime() - 1 - harness.clock.now());
    expect(await costOf('nothing stated')).toBeUndefined();
    reports.at(-1)!.reportUsage({ inputTokens: 2_000_000 });
    expect((reports.at(-1) as AttemptContext).usage).toMatchObject({ costUsd: 2 });
  });

  describe('shows no key in what it returns', () => {
    const secrets = ['a', 'b'].map(key);
    const shown = (value: unknown): string =>
      [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value), String((value as Error).stack)].join(
        '\n',
      );

    it('though the error of axios carries it in its headers', async () => {
      const harness = new Harness().add('a').add('b');
      const result = await harness.executor.execute(
        'openai',
        async ({ apiKey }) => axios.get('http://127.0.0.1:9/', { headers: { authorization: `Bearer ${apiKey}` } }),
        { maxRetries: 0 },
      );
      expect(result).toMatchObject({ success: false });
      const { error } = result as { error: KeyManagementError };
      expect(error.cause).toBeInstanceOf(AxiosError);
      for (const secret of secrets) {
        expect(inspect(error.cause, { depth: 9 })).toContain('Bearer');
        expect(shown(result)).not.toContain(secret);
        expect(shown(error)).not.toContain(secret);
      }
    });

    it('though the vendor echoes it', async () => {
      const harness = new Harness().add('a', [
        Object.assign(invalid(), { error: { message: `bad key ${key('a')}`, code: 'odd' } }),
      ]);
      const result = await harness.executor.execute('openai', harness.vendor);
      expect(shown(result)).not.toContain(key('a'));
    });

    it('nor in its context', async () => {
      const harness = new Harness().add('a');
      const seen = await harness.executor.executeOrThrow('openai', (context) => Promise.resolve(context));
      expect(shown(seen)).not.toContain(key('a'));
    });
  });

  describe('when the app ends', () => {
    const gate = () => {
      let open = (_: string): void => undefined;
      const promise = new Promise<string>((resolve) => (open = resolve));
      return { promise, open };
    };

    it('is drained at once where nothing is under way', async () => {
      expect(await new Harness().executor.drain(1_000)).toBe(true);
    });

    it('waits for calls under way, those included that began meanwhile', async () => {
      const harness = new Harness().add('a');
      const [first, second] = [gate(), gate()];
      const calls = [harness.executor.execute('openai', () => first.promise)];
      let drained: boolean | undefined;
      void harness.executor.drain(5_000).then((result) => (drained = result));
      calls.push(harness.executor.execute('openai', () => second.promise));
      first.open('1');
      await settle();
      expect([drained, harness.executor.inFlight]).toEqual([undefined, 1]);
      second.open('2');
      await Promise.all(calls);
      await settle();
      expect(drained).toBe(true);
      expect(harness.clock.pendingTimers).toBe(0);
    });

    it('waits no longer than its limit', async () => {
      const harness = new Harness().add('a');
      void harness.executor.execute('openai', () => new Promise(() => undefined));
      const drained = harness.executor.drain(5_000);
      await harness.clock.advance(5_000);
      expect(await drained).toBe(false);
    });

    it('ends calls that wait for a key or back off, and lets others end by themselves', async () => {
      const harness = new Harness({ random: () => 0.9, backoff: { initialMs: 60_000, maxMs: 60_000 } })
        .add('a', [overloaded()], { models: ['x'] })
        .add('b', [limited(9)], { models: ['m'] });
      const { promise, open } = gate();
      const busy = harness.executor.execute('openai', () => promise, { model: 'x' });
      const waiting = harness.executor.execute('openai', harness.vendor, { model: 'm' });
      await settle();
      const backingOff = harness.executor.execute('openai', harness.vendor, { model: 'x' });
      await settle();
      const ended = harness.executor.beforeApplicationShutdown().then(() => {
        harness.executor.onApplicationShutdown();
      });
      await harness.clock.advance(10_000);
      await ended;
      await expect(waiting).resolves.toMatchObject({ success: false });
      await expect(backingOff).resolves.toMatchObject({
        error: { code: 'CANCELLED', message: expect.stringContaining('shuts down') },
      });
      expect(harness.clock.pendingTimers).toBe(0);
      open('late');
      await expect(busy).resolves.toMatchObject({ success: true, response: 'late' });
      expect(harness.inFlight).toBe(0);
      expect(await harness.executor.execute('openai', harness.vendor, { model: 'm' })).toMatchObject({
        success: false,
      });
    });
  });
});
