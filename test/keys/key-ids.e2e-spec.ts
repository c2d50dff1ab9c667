import { startApi, type ApiUnderTest } from '../admin/support';
import { VendorSimulator } from '../simulator';
import { keyIdOf, KeyPoolService, RetryExecutorService } from '../../src/key-management';

const KEYS = '/admin/providers/openai/keys';
const ID = 'a.b_c-1';

describe('keys with an id of their own, over HTTP', () => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let keys: string[];

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    keys = simulator.openai.newKeys(4);
    const providers = {
      openai: { keys: [{ key: keys[0]!, id: 'configured' }], baseUrl: simulator.openai.baseUrl },
    };
    api = await startApi({ options: { providers } });
  });
  afterEach(async () => {
    await api.app.close();
    await simulator.close();
  });

  const add = (...given: unknown[]) => api.send('post', KEYS).send({ keys: given });

  it('are added, read, changed, checked and deleted under it', async () => {
    const added = await add({ key: keys[1], id: ID, label: 'one' }).expect(200);
    expect(added.body.keys).toMatchObject([{ id: ID, verdict: 'added', status: 'healthy' }]);
    await api.send('get', `${KEYS}/${ID}`).expect(200);
    await api.send('patch', `${KEYS}/${ID}`).send({ label: 'two' }).expect(200);
    const checked = await api.send('post', `${KEYS}/${ID}/check`).expect(200);
    expect(checked.body.key).toMatchObject({ id: ID, label: 'two' });
    await api.app.get(RetryExecutorService).execute('openai', () => Promise.resolve(1));
    const timeline = await api.send('get', `/analytics/openai/keys/${ID}/timeline`).expect(200);
    expect(timeline.body.key_id).toBe(ID);
    await api.send('delete', `${KEYS}/${ID}`).expect(204);
    await api.send('get', `${KEYS}/${ID}`).expect(404);
    const { body } = await api.send('get', '/admin/events?type=admin_action').expect(200);
    expect(body.events.map((each: { key_id?: string }) => each.key_id)).toEqual([ID, ID, ID, undefined]);
  });

  it('stand in the audit only where there is or was such a key: anything else may be a secret', async () => {
    const lowerCase = 'sk-0123456789abcdefghij-klmnop';
    await api.send('delete', `${KEYS}/${lowerCase}`).expect(404);
    await api.send('delete', `${KEYS}/${keyIdOf('gone')}`).expect(404);
    const { body } = await api.send('get', '/admin/events?type=admin_action').expect(200);
    expect(body.events.map((each: { key_id?: string }) => each.key_id)).toEqual([keyIdOf('gone'), undefined]);
  });

  it('are paged in the order of their ids', async () => {
    const long = 'z'.repeat(64);
    await add({ key: keys[1], id: ID }, { key: keys[2], id: long }, { key: keys[3], id: '__proto__' }).expect(200);
    for (const path of [KEYS, '/analytics/openai']) {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const answer = await api.send('get', `${path}?limit=1${query}`).expect(200);
        const page = answer.body as { keys: { id: string }[]; next_cursor: string | null };
        ids.push(page.keys[0]!.id);
        cursor = page.next_cursor;
      }
      expect(ids).toEqual(['__proto__', ID, 'configured', long]);
    }
    await api.send('get', `${KEYS}/__proto__`).expect(200);
    await api.send('get', `${KEYS}/constructor`).expect(404);
  });

  it('keep their id for a new token, which is checked and takes over', async () => {
    await add({ key: keys[1], id: ID, label: 'mine' }).expect(200);
    const refused = await add({ key: `${keys[2]}x`, id: ID }).expect(200);
    expect(refused.body.keys).toMatchObject([{ id: ID, verdict: 'refused', outcome: 'invalid_key' }]);
    const replaced = await add({ key: keys[2], id: ID }).expect(200);
    expect(replaced.body).toMatchObject({
      healthy_keys_added: 1,
      keys: [{ id: ID, verdict: 'replaced', status: 'healthy' }],
    });
    const one = await api.send('get', `${KEYS}/${ID}`).expect(200);
    expect(one.body).toMatchObject({ label: 'mine', masked_key: expect.stringContaining(keys[2]!.slice(-4)) });
    const pools = api.app.get(KeyPoolService);
    await pools.disable('openai', 'configured');
    expect(pools.lease('openai')?.apiKey).toBe(keys[2]);
    const again = await add({ key: keys[2], id: ID }, keys[0]).expect(200);
    expect(again.body.keys).toMatchObject([
      { id: ID, verdict: 'present' },
      { id: 'configured', verdict: 'present' },
    ]);
  });

  it.each([
    [
      'one id for two keys',
      (k: string[]) => [
        { key: k[1], id: ID },
        { key: k[2], id: ID },
      ],
      'keys.1.id',
      /keys\.0 too/,
    ],
    [
      'two ids for one key',
      (k: string[]) => [
        { key: k[1], id: ID },
        { key: k[1], id: 'b' },
      ],
      'keys.1.id',
      /another id/,
    ],
    [
      'the made id of another key',
      (k: string[]) => [k[1], { key: k[2], id: keyIdOf(k[1]!) }],
      'keys.1.id',
      /keys\.0 too/,
    ],
    ['the id of a configured key', (k: string[]) => [{ key: k[1], id: 'configured' }], 'keys', /configuration gives/],
    ['a known key under another id', (k: string[]) => [{ key: k[0], id: ID }], 'keys', /under the id "configured"/],
  ])('%s is a conflict, and nothing is added', async (_, given, field, problem) => {
    const { body } = await add(keys[3], ...given(keys)).expect(409);
    const shifted = field === 'keys' ? field : field.replace('1', '2');
    expect(body.problems).toEqual([
      { field: shifted, problem: expect.stringMatching(shifted === 'keys' ? problem : /too|another id/) },
    ]);
    expect(api.app.get(KeyPoolService).list()).toHaveLength(1);
  });

  it.each([['.'], ['..'], ['A'], ['a/b'], ['a b'], [''], ['x'.repeat(65)], [7]])('refuses the id %j', async (id) => {
    const { body } = await add({ key: keys[1], id }).expect(400);
    expect(body.problems).toEqual([{ field: 'keys.0.id', problem: expect.any(String) }]);
  });

  it('refuses an id that is the key, or looks like one', async () => {
    const key = 'abc.0123456789-0123456789_xyz';
    for (const id of [key, 'sk-0123456789abcdefghij']) {
      const { body } = await add({ key, id }).expect(400);
      expect(body.problems).toEqual([{ field: 'keys.0.id', problem: expect.stringContaining('a name for the key') }]);
      expect(JSON.stringify(body)).not.toContain(id);
    }
  });
});
