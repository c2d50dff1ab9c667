import { type EventLog } from '../../src/key-management/events/event-log';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { keyText } from '../support/pool';
import { AnalyticsInstance } from '../analytics/analytics-instance';

const ACTION = { action: 'add_keys', role: 'admin', address: '192.0.2.7', result: 'ok', status: 200 } as const;
const shown = (log: EventLog): string[] =>
  log.latest({ limit: 10_000 }).map((entry) => {
    if (entry.type === 'admin_action') return `${entry.id} ${entry.action.action}`;
    if (entry.type === 'store_damaged') return `${entry.id} ${entry.reason}`;
    const { event } = entry;
    return `${entry.id} ${event.type === 'status_changed' ? `${event.to} by ${event.by}` : event.type}`;
  });

describe('the event log over restarts and instances', () => {
  let clock: FakeClock;
  let cluster: Cluster;
  beforeEach(() => {
    clock = new FakeClock();
    cluster = new Cluster();
  });
  const join = (): Promise<AnalyticsInstance> => new AnalyticsInstance(cluster.member(), clock).open();

  it('takes up what matters of an earlier life, with its ids going on', async () => {
    const first = await join();
    first.addKey(1);
    await first.call('invalid_key');
    first.log.recordAction(ACTION);
    await first.close();
    const second = await join();
    expect(shown(second.log)).toEqual(['3 add_keys', '2 invalid_key by call']);
    expect(second.log.latest({ limit: 1 })[0]).toMatchObject({ action: ACTION });
    const [, removal] = second.log.latest({ limit: 2 });
    expect(removal).toMatchObject({ event: { outcome: 'invalid_key', until: expect.any(Date), provider: 'openai' } });
    second.log.recordAction(ACTION);
    expect(second.log.lastId).toBe(4);
    await second.close();
    expect(shown((await join()).log)).toEqual(['4 add_keys', '3 add_keys', '2 invalid_key by call']);
  });

  it('takes up pauses, and acts on many keys with their counts', async () => {
    const first = await join();
    first.addKey(1);
    await first.pools.pause('openai', { until: new Date(clock.now() + 60_000) });
    await first.pools.resume('openai');
    first.pools.keysChanged('openai', 'disabled', 284);
    const counts = { changed: 284, unchanged: 1, checked: 0, not_found: 0 };
    first.log.recordAction({ ...ACTION, action: 'bulk_keys', bulkAction: 'disable', counts });
    const before = first.log.latest({ limit: 4 });
    expect(before.map(({ type }) => type)).toEqual([
      'admin_action',
      'keys_changed',
      'provider_resumed',
      'provider_paused',
    ]);
    await first.close();
    const after = (await join()).log.latest({ limit: 4 });
    expect(after).toEqual(before.map((entry) => ({ ...entry, id: expect.any(Number) })));
  });

  it('sets aside what is none of these', async () => {
    const doc = 'events/other/key0';
    const base = { provider: 'openai', by: 'administrator' };
    const events = [
      { ...base, type: 'keys_changed', change: 'sold', count: 3 },
      { ...base, type: 'keys_changed', change: 'disabled', count: 'many' },
      { ...base, type: 'provider_resumed', reason: 'no since' },
      { ...base, type: 'provider_paused', reason: 'no state' },
    ];
    const registers = Object.fromEntries(
      events.map((event, n) => [String(n), { value: { id: n, at: 1, type: event.type, event }, version: 1, tie: '' }]),
    );
    cluster.documents.set(doc, { doc, registers, maxima: {}, sums: {} });
    expect(shown((await join()).log)).toEqual([]);
  });

  it('is not covered by the naming of more keys than it holds, which every start repeats', async () => {
    const first = await join();
    first.log.recordAction(ACTION);
    await first.close();
    const second = await join();
    const pool = second.pools.ensurePool('openai');
    for (let n = 0; n < 6_000; n += 1) pool.add(new ApiKey(keyText(n)), {}, 'configuration', 'configuration');
    expect(shown(second.log)).toContain('1 add_keys');
  });

  it('shows what administrators did on another instance', async () => {
    const [a, b] = [await join(), await join()];
    a.log.recordAction(ACTION);
    await clock.advance(2_000);
    expect(shown(b.log)).toEqual(['1 add_keys']);
    // And does not pass it on as its own.
    await clock.advance(5_000);
    expect(shown(a.log)).toEqual(['1 add_keys']);
  });

  it('keeps some hundred entries, and acts of administrators through any storm of keys', async () => {
    const app = await join();
    app.log.recordAction(ACTION);
    app.addKey(1);
    for (let n = 0; n < 3_000; n += 1) {
      const [{ id } = { id: '' }] = app.pools.list('openai');
      await (n % 2 === 0 ? app.pools.disable('openai', id) : app.pools.enable('openai', id));
      if (n % 50 === 0) await clock.advance(1_000);
    }
    await app.close();
    const kept = [...cluster.documents.values()].filter(({ doc }) => doc.startsWith('events/'));
    expect(kept.reduce((sum, { registers }) => sum + Object.keys(registers).length, 0)).toBeLessThanOrEqual(602);
    const next = await join();
    expect(next.log.latest({ limit: 10, type: 'admin_action' })).toHaveLength(1);
    expect(next.log.lastId).toBeGreaterThanOrEqual(3_000);
  });

  it('does not fill up over many short lives', async () => {
    for (let life = 0; life < 20; life += 1) {
      const app = await join();
      for (let n = 0; n < 100; n += 1) app.log.recordAction(ACTION);
      await clock.advance(1_100);
      await app.close();
    }
    const kept = [...cluster.documents.values()].filter(({ doc }) => doc.startsWith('events/'));
    expect(kept.length).toBeLessThanOrEqual(7);
  });

  it('is not flooded by what a store restores, or by what each start repeats', async () => {
    const app = await join();
    const pool = app.pools.ensurePool('openai');
    const record = app.addKey(1);
    const before = app.log.lastId;
    for (let n = 0; n < 10_000; n += 1) {
      pool.setState(record, { status: 'invalid_key', recheckAt: clock.now() + n }, 'store');
    }
    expect(app.log.lastId).toBe(before);
    await clock.advance(2_000);
    expect([...cluster.documents.keys()].filter((doc) => doc.startsWith('events/'))).toEqual([]);
    expect(JSON.stringify([...cluster.documents.values()])).not.toContain(keyText(1));
  });
});
