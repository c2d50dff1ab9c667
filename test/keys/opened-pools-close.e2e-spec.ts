import {
  CancelledError,
  KeyPoolService,
  RetryExecutorService,
  type ExecutionResult,
  type OpenedPool,
} from '../../src/key-management';
import { startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';
import { FakeClock } from '../support/fake-clock';
import { turns } from '../support/turns';

const DRAIN_MS = 5_000;

describe('the close of a pool that was opened while the app runs', () => {
  let simulator: VendorSimulator;
  let clock: FakeClock;
  let api: ApiUnderTest;
  let pools: KeyPoolService;
  let opened: OpenedPool;
  let key: string;
  let isAppClosed: boolean;

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    const [own, theirs] = simulator.openai.newKeys(2) as [string, string];
    key = theirs;
    clock = new FakeClock();
    isAppClosed = false;
    const providers = { openai: { keys: [own], baseUrl: simulator.openai.baseUrl } };
    const backoff = { initialMs: 400, maxMs: 400 };
    api = await startApi({ options: { providers, backoff, drainTimeoutMs: DRAIN_MS }, clock });
    pools = api.app.get(KeyPoolService);
    opened = await open();
  });
  afterEach(async () => {
    if (!isAppClosed) await api.app.close();
    await simulator.close();
  });

  const open = (): Promise<OpenedPool> =>
    pools.openPool('customer-17', { like: 'openai', keys: [{ key, limits: { concurrency: 1 } }] });
  const call = <T>(work: () => Promise<T>): Promise<ExecutionResult<T>> =>
    api.app.get(RetryExecutorService).execute('customer-17', work);
  /** A call that is under way until it is answered. */
  const longCall = () => {
    let answer: (value: string) => void = () => undefined;
    const result = call(() => new Promise<string>((resolve) => (answer = resolve)));
    return { result, answer: (value: string) => answer(value) };
  };
  const saidBy = (result: ExecutionResult<unknown>): string => (result.success ? '' : result.errorMessage);
  const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
    let isDone = false;
    void promise.then(() => (isDone = true));
    await turns(5);
    return isDone;
  };

  it('lets a call that backs off have its next attempt', async () => {
    let attempts = 0;
    const result = call(() => {
      attempts += 1;
      return attempts === 1
        ? Promise.reject(Object.assign(new Error('bad gateway'), { status: 502 }))
        : Promise.resolve('second attempt');
    });
    await turns(5);
    const closing = opened.close();
    expect(await isSettled(closing)).toBe(false);
    expect(attempts).toBe(1);
    await clock.advance(1_000);
    expect(await result).toMatchObject({ success: true, response: 'second attempt' });
    await clock.advance(100);
    await closing;
    expect(pools.list('customer-17')).toEqual([]);
  });

  it('lets a call that waits for a key have it', async () => {
    const first = longCall();
    await turns(5);
    const second = call(() => Promise.resolve('second'));
    await turns(5);
    const closing = opened.close();
    expect(await isSettled(second)).toBe(false);
    first.answer('first');
    await clock.advance(100);
    expect(await first.result).toMatchObject({ success: true, response: 'first' });
    expect(await second).toMatchObject({ success: true, response: 'second' });
    await clock.advance(100);
    await closing;
    expect(pools.list('customer-17')).toEqual([]);
  });

  it('waits for a key that was leased by hand', async () => {
    const lease = pools.lease('customer-17')!;
    const closing = opened.close();
    await clock.advance(100);
    expect(await isSettled(closing)).toBe(false);
    lease.settle('ok');
    await clock.advance(100);
    await closing;
    expect(pools.list('customer-17')).toEqual([]);
  });

  it('refuses calls from then on, and says why', async () => {
    const first = longCall();
    await turns(5);
    const closing = opened.close();
    const late = await call(() => Promise.resolve('late'));
    expect(late).toMatchObject({ success: false, error: { code: 'UNKNOWN_PROVIDER' } });
    expect(saidBy(late)).toMatch(/The pool "customer-17" is being closed/);
    await expect(open()).rejects.toThrow(/name: "customer-17" is a pool that is being closed/);
    first.answer('first');
    await clock.advance(100);
    await closing;
    const later = await call(() => Promise.resolve('later'));
    expect(saidBy(later)).toMatch(/There is no provider "customer-17"/);
  });

  it('ends after the drain timeout what only waits, and forgets the pool with the last attempt', async () => {
    const first = longCall();
    await turns(5);
    const waiting = call(() => Promise.resolve('never'));
    await turns(5);
    const closing = opened.close();
    await clock.advance(DRAIN_MS - 100);
    expect(await isSettled(closing)).toBe(false);
    expect(await isSettled(waiting)).toBe(false);
    await clock.advance(200);
    await closing;
    const cut = await waiting;
    expect(cut).toMatchObject({ success: false, error: expect.any(CancelledError) });
    expect(saidBy(cut)).toMatch(/its pool is closed/);
    await expect(open()).rejects.toThrow(/is being closed/);
    first.answer('first');
    expect(await first.result).toMatchObject({ success: true, response: 'first' });
    await clock.advance(100);
    opened = await open();
    expect(await call(() => Promise.resolve('anew'))).toMatchObject({ success: true, response: 'anew' });
  });

  it('ends with the app, whose own end waits for its calls', async () => {
    const first = longCall();
    await turns(5);
    const closing = opened.close();
    isAppClosed = true;
    const ending = api.app.close();
    await closing;
    first.answer('first');
    expect(await first.result).toMatchObject({ success: true, response: 'first' });
    await ending;
  });
});
