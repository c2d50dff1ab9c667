import { KeyPoolService } from '../../src/key-management';
import { FakeClock } from '../support/fake-clock';
import { ADAPTERS, startApiWithKey, type ApiWithKey } from './support';

const DAY_MS = 24 * 3_600_000;

describe.each(ADAPTERS)('PATCH of one key on %s', (adapter) => {
  let api: ApiWithKey;
  let clock: FakeClock;
  beforeEach(async () => {
    clock = new FakeClock(Date.now());
    api = await startApiWithKey({ adapter, clock, options: { startupCheckTimeoutMs: 0 } });
    await api.send('post', `/admin/providers/openai/keys/${api.id}/check`);
  });
  afterEach(() => api.close());

  const path = (): string => `/admin/providers/openai/keys/${api.id}`;
  const change = async (changes: object) => (await api.send('patch', path()).send(changes).expect(200)).body;
  const snapshot = () => api.app.get(KeyPoolService).get('openai', api.id)!;
  const shown = async () => (await api.send('get', path()).expect(200)).body;

  it('changes all that it may at once, and shows it', async () => {
    const until = new Date(clock.now() + 30 * DAY_MS).toISOString();
    const changes = { label: 'team-b', weight: 2.5, tier: 1, expires_at: until, enabled: false };
    const limits = {
      concurrency: 4,
      requests_per_minute: 500,
      tokens_per_minute: 1e5,
      requests_per_day: 1_000,
      tokens_per_day: 1e6,
    };
    expect(await change({ ...changes, limits })).toMatchObject({ ...changes, limits, status: 'disabled' });
    expect(await shown()).toMatchObject({ ...changes, limits });
    expect(snapshot()).toMatchObject({ label: 'team-b', weight: 2.5, tier: 1, expiresAt: new Date(until) });
    const { body } = await api.send('get', '/admin/events?type=key_updated').expect(200);
    expect(body.events[0]).toMatchObject({
      by: 'administrator',
      fields: ['label', 'weight', 'tier', 'limits', 'expiresAt'],
    });
  });

  it('changes what it names, and leaves the rest', async () => {
    await change({ label: 'team-b', weight: 2, tier: 3, limits: { concurrency: 4, tokens_per_day: 5 } });
    expect(await change({ limits: { concurrency: null, requests_per_minute: 6 } })).toMatchObject({
      label: 'team-b',
      weight: 2,
      tier: 3,
      enabled: true,
      limits: {
        concurrency: null,
        requests_per_minute: 6,
        tokens_per_minute: null,
        requests_per_day: null,
        tokens_per_day: 5,
      },
    });
    expect(await change({ label: null })).toMatchObject({ label: null, weight: 2 });
    expect(await change({ limits: {} })).toMatchObject({ limits: { requests_per_minute: 6 } });
    expect(await change({ tier: 0 })).toMatchObject({ tier: 0 });
  });

  it('ends a key at its time, lets it back by a later one, and by none', async () => {
    await change({ expires_at: new Date(clock.now() + 1_000).toISOString() });
    expect(await shown()).toMatchObject({ status: 'healthy', enabled: true });
    await clock.advance(60_000);
    expect(await shown()).toMatchObject({ status: 'disabled', reason: 'expired', enabled: false });
    expect(await change({ expires_at: new Date(clock.now() + DAY_MS).toISOString() })).toMatchObject({
      status: 'healthy',
      reason: null,
    });
    expect(await change({ expires_at: new Date(clock.now() - 1).toISOString() })).toMatchObject({
      status: 'disabled',
      reason: 'expired',
    });
    expect(await change({ expires_at: null })).toMatchObject({ status: 'healthy', expires_at: null });
  });

  it('does the same twice', async () => {
    for (const enabled of [false, false, true, true]) expect(await change({ enabled })).toMatchObject({ enabled });
    expect(snapshot().status).toBe('healthy');
  });

  it('applies the limits to calls', async () => {
    await change({ limits: { concurrency: 1 } });
    const pools = api.app.get(KeyPoolService);
    const lease = pools.lease('openai')!;
    expect(pools.lease('openai')).toBeUndefined();
    lease.settle('ok');
    await change({ limits: { concurrency: null } });
    const two = [pools.lease('openai')!, pools.lease('openai')!];
    for (const each of two) each.settle('ok');
  });
});
