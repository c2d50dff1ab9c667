import { MemoryKeyStore } from '../../src/key-management/store/memory/memory-key-store';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { AnalyticsInstance } from './analytics-instance';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 10, 1, 12);

describe('timelines and totals', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock(START);
  });
  const alone = (): Promise<AnalyticsInstance> => new AnalyticsInstance(new MemoryKeyStore({ clock }), clock).open();

  it('counts calls in the minute in which they end, without a gap from the first', async () => {
    const app = await alone();
    app.addKey(1);
    await app.call('ok', 100);
    await app.call('server_error', 50);
    await clock.advance(2 * MINUTE);
    await app.call('ok', 300);
    const timeline = app.series.timeline('openai', { resolution: 'minute' });
    expect(
      timeline.map(({ at, requests, failures, responseMs }) => [(at - START) / MINUTE, requests, failures, responseMs]),
    ).toEqual([
      [0, 2, 1, 100],
      [1, 0, 0, 0],
      [2, 1, 0, 300],
    ]);
    const [hour] = app.series.timeline('openai', { resolution: 'hour' });
    expect(hour).toMatchObject({ at: START, requests: 3, failures: 1, responses: 2, responseMs: 400 });
    expect(app.series.totals('openai')).toMatchObject({
      requests: 3,
      failures: 1,
      outcomes: { ok: 2, server_error: 1 },
    });
  });

  it('counts attempts per key, and removals per provider', async () => {
    const app = await alone();
    const record = app.addKey(1);
    await app.call('ok');
    await app.call('rate_limited');
    await clock.advance(5 * MINUTE);
    await app.call('invalid_key');
    const entries = app.series.keyTimeline('openai', record.id, { resolution: 'minute' });
    expect(entries[0]).toMatchObject({ requests: 2, failures: 1, rateLimited: 1, responses: 1 });
    expect(entries.at(-1)).toMatchObject({ requests: 1, failures: 1, responses: 0 });
    expect(app.series.timeline('openai', { resolution: 'minute' }).at(-1)).toMatchObject({ keysRemoved: 1 });
    expect(app.series.totals('openai').keysRemoved).toBe(1);
    expect(app.series.keyTimeline('openai', 'f'.repeat(16), { resolution: 'minute' })).toEqual([]);
  });

  it('keeps 180 minutes and 720 hours', async () => {
    const app = await alone();
    app.addKey(1);
    await app.call();
    await clock.advance(4 * HOUR);
    await app.call();
    expect(app.series.timeline('openai', { resolution: 'minute' })).toHaveLength(1);
    expect(app.series.timeline('openai', { resolution: 'hour' })).toHaveLength(5);
    await clock.advance(30 * 24 * HOUR);
    await app.call();
    expect(app.series.timeline('openai', { resolution: 'hour' }).map(({ requests }) => requests)).toEqual([1]);
    expect(app.series.totals('openai').requests).toBe(3);
  });

  it('cuts a timeline to what is asked for', async () => {
    const app = await alone();
    app.addKey(1);
    for (let minute = 0; minute < 5; minute += 1) {
      await app.call('ok', 1);
      await clock.advance(MINUTE);
    }
    const entries = app.series.timeline('openai', {
      resolution: 'minute',
      from: START + MINUTE,
      to: START + 3 * MINUTE,
    });
    expect(entries.map(({ at }) => (at - START) / MINUTE)).toEqual([1, 2, 3]);
  });

  it('gives quantiles within 1 % of the exact ones', async () => {
    const app = await alone();
    app.addKey(1);
    const durations = Array.from({ length: 200 }, (_, n) => 10 + n * 7);
    for (const ms of durations) await app.call('ok', ms);
    const { averageMs, p50Ms, p95Ms } = app.series.responseTimes('openai')!;
    expect(averageMs).toBeCloseTo(durations.reduce((sum, ms) => sum + ms) / 200, 6);
    expect(Math.abs(p50Ms - durations[99]!) / durations[99]!).toBeLessThan(0.02);
    expect(Math.abs(p95Ms - durations[189]!) / durations[189]!).toBeLessThan(0.02);
  });

  it('has no response time before the first success', async () => {
    const app = await alone();
    app.addKey(1);
    await app.call('server_error');
    expect(app.series.responseTimes('openai')).toBeUndefined();
  });
});

describe('over instances and restarts', () => {
  let clock: FakeClock;
  let cluster: Cluster;
  beforeEach(() => {
    clock = new FakeClock(START);
    cluster = new Cluster();
  });
  const join = (name?: string): Promise<AnalyticsInstance> =>
    new AnalyticsInstance(cluster.member(), clock, name).open();

  const figuresOf = (app: AnalyticsInstance, keyId: string): unknown => ({
    totals: app.series.totals('openai'),
    minutes: app.series.timeline('openai', { resolution: 'minute' }),
    hours: app.series.timeline('openai', { resolution: 'hour' }),
    times: app.series.responseTimes('openai'),
    key: app.series.keyTimeline('openai', keyId, { resolution: 'minute' }),
    keyHours: app.series.keyTimeline('openai', keyId, { resolution: 'hour' }),
  });

  it('adds up what all instances counted, whatever was under way', async () => {
    const [a, b] = [await join(), await join()];
    const { id } = a.addKey(1);
    b.addKey(1);
    for (let n = 0; n < 5; n += 1) {
      await a.call('ok', 100);
      await b.call('ok', 900);
      await b.call('server_error', 10);
    }
    await clock.advance(3 * MINUTE);
    expect(a.series.totals('openai')).toMatchObject({ requests: 15, failures: 5 });
    expect(a.series.keyTimeline('openai', id, { resolution: 'minute' })[0]).toMatchObject({
      requests: 15,
      failures: 5,
    });
    expect(figuresOf(a, id)).toEqual(figuresOf(b, id));
    const { p50Ms, p95Ms } = a.series.responseTimes('openai')!;
    expect(p50Ms).toBeLessThan(120);
    expect(p95Ms).toBeGreaterThan(880);
  });

  it('goes on after a restart where it ended', async () => {
    const first = await join();
    const { id } = first.addKey(1);
    await first.call('ok', 100);
    await first.call('invalid_key', 100);
    const before = figuresOf(first, id);
    await first.close();
    const second = await join();
    expect(figuresOf(second, id)).toEqual(before);
    second.addKey(1);
    await second.call('ok', 100);
    expect(second.series.totals('openai').requests).toBe(3);
  });

  it('loses a minute at most of a key, and a second of a provider, when it is killed', async () => {
    const first = await join();
    const { id } = first.addKey(1);
    await first.call('ok', 100);
    await clock.advance(MINUTE);
    await first.call('ok', 100);
    await clock.advance(1_100);
    const second = await join();
    expect(second.series.totals('openai').requests).toBe(2);
    expect(second.series.keyTimeline('openai', id, { resolution: 'minute' })[0]).toMatchObject({ requests: 1 });
  });

  it('counts nothing twice when answers are lost, the store is away or loses everything', async () => {
    const [a, b] = [await join(), await join()];
    const { id } = a.addKey(1);
    b.addKey(1);
    await a.call();
    cluster.loseNextAnswer = true;
    await clock.advance(2 * MINUTE);
    cluster.cut();
    await a.call();
    await b.call();
    await clock.advance(2 * MINUTE);
    cluster.mend();
    await clock.advance(2 * MINUTE);
    expect(a.series.totals('openai').requests).toBe(3);
    cluster.cut();
    await b.call();
    cluster.mend({ empty: true });
    await clock.advance(3 * MINUTE);
    await (await join()).close();
    const c = await join();
    for (const app of [a, b, c]) {
      expect(app.series.totals('openai').requests).toBe(4);
      const key = app.series.keyTimeline('openai', id, { resolution: 'minute' });
      expect(key.reduce((sum, { requests }) => sum + requests, 0)).toBe(4);
    }
  });

  it('leaves no old bucket in the store', async () => {
    const app = await join();
    app.addKey(1);
    for (let n = 0; n < 6; n += 1) {
      await app.call();
      await clock.advance(HOUR);
    }
    const minutes = [...cluster.documents.keys()].filter((doc) => /^series\/(key-)?minutes\//.test(doc));
    expect(minutes.length).toBeLessThanOrEqual(4 + 3);
    await clock.advance(40 * 24 * HOUR);
    await app.call();
    await clock.advance(2 * MINUTE);
    const hours = [...cluster.documents.keys()].filter((doc) => /^series\/(key-)?(hours|minutes|times)\//.test(doc));
    expect(hours.length).toBeLessThanOrEqual(5);
  });

  it('writes each key once a minute, not with each call', async () => {
    const app = await join();
    for (let n = 0; n < 10; n += 1) app.addKey(n);
    const keyWrites = (): number => cluster.batches.flat().filter(({ doc }) => doc.startsWith('series/key-')).length;
    for (let n = 0; n < 100; n += 1) await app.call('ok', 100);
    expect(keyWrites()).toBe(0);
    await clock.advance(MINUTE + 5_000);
    expect(keyWrites()).toBeLessThanOrEqual(10 * 2 * 2);
  });
});
