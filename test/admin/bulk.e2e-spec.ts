import { keyIdOf, KeyPoolService, type KeyEvent } from '../../src/key-management';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { fakeKey, VendorSimulator } from '../simulator';
import { Cluster } from '../support/cluster-store';
import { FakeClock } from '../support/fake-clock';
import { keyText } from '../support/key-text';
import { ADAPTERS, answered, startApi, VIEWER, type ApiUnderTest } from './support';

const BULK = '/admin/providers/openai/keys/bulk';
const GONE = 'ffffffffffffffff';

interface Result {
  id: string | null;
  place: number;
  result: string;
  status: string | null;
  outcome: string | null;
}

describe.each(ADAPTERS)('many keys at once on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let pools: KeyPoolService;
  let ids: string[];
  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    const keys = [1, 2, 3, 4].map((n) => fakeKey('openai', n));
    for (const key of keys) simulator.openai.key(key);
    const labelled = keys.map((key, n) => ({
      key,
      label: n < 2 ? 'team-a' : undefined,
      quotaGroup: n % 2 === 0 ? 'org-1' : undefined,
    }));
    api = await startApi({
      adapter,
      options: { providers: { openai: { keys: labelled, baseUrl: simulator.openai.baseUrl } } },
    });
    pools = api.app.get(KeyPoolService);
    ids = pools.list('openai').map(({ id }) => id);
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  const bulk = async (body: object): Promise<{ counts: Record<string, number>; keys: Result[] }> =>
    (await api.send('post', BULK).send(body).expect(200)).body;
  const statuses = (): string[] => ids.map((id) => pools.get('openai', id)?.status ?? 'gone');

  it('disables and enables, tells what became of each, and says twice that it is so', async () => {
    const given = [ids[1]!, GONE, ids[0]!, ids[1]!];
    expect(await bulk({ action: 'disable', ids: given })).toEqual({
      provider: 'openai',
      action: 'disable',
      counts: { changed: 2, unchanged: 0, checked: 0, not_found: 1 },
      keys: [
        {
          id: ids[1],
          place: 0,
          masked_key: expect.stringContaining('...'),
          result: 'changed',
          status: 'disabled',
          outcome: null,
          reason: null,
        },
        { id: GONE, place: 1, masked_key: null, result: 'not_found', status: null, outcome: null, reason: null },
        expect.objectContaining({ id: ids[0], place: 2, result: 'changed', status: 'disabled' }),
      ],
    });
    expect(statuses()).toEqual(['disabled', 'disabled', 'healthy', 'healthy']);
    const again = await bulk({ action: 'disable', ids: given });
    expect(again.counts).toEqual({ changed: 0, unchanged: 2, checked: 0, not_found: 1 });
    expect((await bulk({ action: 'enable', where: { status: 'disabled' } })).counts.changed).toBe(2);
    expect((await bulk({ action: 'enable', where: { status: 'disabled' } })).keys).toEqual([]);
    expect((await bulk({ action: 'enable', ids })).counts).toMatchObject({ changed: 0, unchanged: 4 });
    expect(statuses()).toEqual(['healthy', 'healthy', 'healthy', 'healthy']);
  });

  it('means the keys that are as every filter says', async () => {
    const byId = (a: string, b: string): number => (a < b ? -1 : 1);
    const meant = async (where: object): Promise<(string | null)[]> =>
      (await bulk({ action: 'check', where })).keys.map(({ id }) => id);
    expect(await meant({ label: 'team-a' })).toEqual([ids[0]!, ids[1]!].sort(byId));
    expect(await meant({ label: '' })).toEqual([ids[2]!, ids[3]!].sort(byId));
    expect(await meant({ account: 'org-1' })).toEqual([ids[0]!, ids[2]!].sort(byId));
    expect(await meant({ account: 'org-1', label: 'team-a', status: 'healthy' })).toEqual([ids[0]]);
    expect(await meant({ account: 'org' })).toEqual([]);
    const listed = async (query: string): Promise<string[]> =>
      (await api.send('get', `/admin/providers/openai/keys?${query}`, VIEWER).expect(200)).body.keys.map(
        ({ id }: { id: string }) => id,
      );
    expect(await listed('label=team-a')).toEqual([ids[0]!, ids[1]!].sort(byId));
    expect(await listed('account=org-1&label=')).toEqual([ids[2]]);
    expect(await listed('status=disabled&account=org-1')).toEqual([]);
  });

  it('checks each, also one that is disabled, which stays so', async () => {
    simulator.openai.key(fakeKey('openai', 2), { kind: 'invalid' });
    await pools.disable('openai', ids[0]!);
    const { counts, keys } = await bulk({ action: 'check', ids: [...ids.slice(0, 3), GONE] });
    expect(counts).toEqual({ changed: 0, unchanged: 0, checked: 3, not_found: 1 });
    expect(keys.map(({ result, status, outcome }) => [result, status, outcome])).toEqual([
      ['checked', 'disabled', 'ok'],
      ['checked', 'invalid_key', 'invalid_key'],
      ['checked', 'healthy', 'ok'],
      ['not_found', null, null],
    ]);
  });

  it('deletes, and repeats no key that stands in the place of an id', async () => {
    const misplaced = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789';
    const { body, text } = await api
      .send('post', BULK)
      .send({ action: 'delete', ids: [ids[0], misplaced, 'team-a.1'] })
      .expect(200);
    expect(body.keys.map(({ id, result, status }: Result) => [id, result, status])).toEqual([
      [ids[0], 'changed', null],
      [null, 'not_found', null],
      ['team-a.1', 'not_found', null],
    ]);
    expect(text).not.toContain('abcdefghij');
    expect(statuses()).toEqual(['gone', 'healthy', 'healthy', 'healthy']);
    expect((await bulk({ action: 'delete', ids: [ids[0]!] })).counts).toMatchObject({ changed: 0, not_found: 1 });
  });

  it('is one act in the log, with its counts, whatever came of it', async () => {
    await bulk({ action: 'disable', ids: [...ids, GONE] });
    await api.send('post', BULK).send({ action: 'disable', where: {} }).expect(400);
    const { body } = await api.send('get', '/admin/events?type=admin_action').expect(200);
    expect(body.events).toMatchObject([
      { action: 'bulk_keys', result: 'refused', http_status: 400 },
      {
        action: 'bulk_keys',
        bulk_action: 'disable',
        counts: { changed: 4, unchanged: 0, checked: 0, not_found: 1 },
        provider: 'openai',
        role: 'admin',
        result: 'ok',
      },
    ]);
  });

  it('says what to do where it is not clear what is meant', async () => {
    const refused = async (body: object) =>
      (await api.send('post', BULK).send(body).expect(400)).body.problems as unknown[];
    expect(await refused({ action: 'delete', where: {} })).toEqual([
      { field: 'where', problem: expect.stringMatching(/must have status, label or account.*give their ids/) },
    ]);
    expect(await refused({ action: 'delete' })).toEqual([
      { field: 'body', problem: 'must have either ids or where, and not both' },
    ]);
    await api
      .send('post', '/admin/providers/nobody/keys/bulk')
      .send({ action: 'check', ids: ['a'] })
      .expect(404);
  });
});

describe('ten thousand keys at once', () => {
  it('holds up nobody for long, is told by one event, and refuses more', async () => {
    const api = await startApi();
    const pools = api.app.get(KeyPoolService);
    const pool = pools.ensurePool('openai');
    for (let n = 0; n < 10_000; n += 1)
      pool.leaseForProbe(pool.add(new ApiKey(keyText(n)), {}, 'runtime', 'administrator')).settle('ok');
    const events: KeyEvent[] = [];
    pools.events$.subscribe((event) => events.push(event));
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const { body } = await api
      .send('post', BULK)
      .send({ action: 'disable', where: { status: 'healthy' } })
      .expect(200);
    isOver = true;
    expect(body.counts).toEqual({ changed: 10_000, unchanged: 0, checked: 0, not_found: 0 });
    // Chunks of 200.
    expect(turns).toBeGreaterThan(50);
    expect(events.filter((event) => 'grouped' in event && event.grouped)).toHaveLength(10_000);
    expect(events.filter(({ type }) => type === 'keys_changed')).toEqual([
      {
        type: 'keys_changed',
        provider: 'openai',
        at: expect.any(Date),
        by: 'administrator',
        change: 'disabled',
        count: 10_000,
      },
    ]);
    const log = await api.send('get', '/admin/events?limit=2').expect(200);
    expect(log.body.events).toMatchObject([
      { type: 'admin_action', action: 'bulk_keys' },
      { type: 'keys_changed', change: 'disabled', count: 10_000, provider: 'openai' },
    ]);
    const ids = body.keys.map(({ id }: Result) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    const enabled = await api.send('post', BULK).send({ action: 'enable', ids }).expect(200);
    expect(enabled.body.counts.changed).toBe(10_000);

    pool.leaseForProbe(pool.add(new ApiKey(keyText(10_000)), {}, 'runtime', 'administrator')).settle('ok');
    const many = await api
      .send('post', BULK)
      .send({ action: 'delete', where: { status: 'healthy' } })
      .expect(400);
    expect(many.body.problems).toEqual([
      { field: 'where', problem: expect.stringMatching(/^matches 10001 keys, and one request acts on 10000/) },
    ]);
    expect(pool.size).toBe(10_001);
    await api.app.close();
  });
});

it('says what became of each key where the store does not take it', async () => {
  const clock = new FakeClock(Date.now());
  const cluster = new Cluster();
  const keys = [1, 2].map((n) => fakeKey('openai', n));
  const api = await startApi({
    clock,
    options: { providers: { openai: { keys } }, store: cluster.member(), startupCheckTimeoutMs: 0 },
  });
  await clock.advance(1_000);
  const ids = keys.map(keyIdOf);
  cluster.cut();
  const { status, body } = await answered(
    api.send('post', BULK).send({ action: 'disable', ids: [...ids, GONE] }),
    clock,
  );
  expect(status).toBe(503);
  expect(body).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    applied: true,
    will_be_written: true,
    action: 'disable',
    counts: { changed: 2, not_found: 1 },
    keys: [{ id: ids[0], status: 'disabled' }, { id: ids[1] }, { id: GONE, result: 'not_found' }],
  });
  // Asked again, they are so already, and still not stored.
  const again = await answered(api.send('post', BULK).send({ action: 'disable', ids }), clock);
  expect([again.status, again.body.counts.unchanged]).toEqual([503, 2]);
  const deleted = await answered(api.send('post', BULK).send({ action: 'delete', ids: [ids[0]] }), clock);
  expect([deleted.status, deleted.body.counts.changed]).toEqual([503, 1]);
  const gone = await answered(api.send('post', BULK).send({ action: 'delete', ids: [ids[0]] }), clock);
  expect([gone.status, gone.body.counts.not_found]).toEqual([503, 1]);
  const log = await api.send('get', '/admin/events?type=admin_action').expect(200);
  expect(log.body.events[3]).toMatchObject({ bulk_action: 'disable', counts: { changed: 2 }, result: 'failed' });
  cluster.mend();
  await clock.advance(60_000);
  await api.send('post', BULK).send({ action: 'disable', ids }).expect(200);
  await api.app.close();
});
