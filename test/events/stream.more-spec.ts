import type { AddressInfo } from 'node:net';
import { KeyPoolService, keyIdOf } from '../../src/key-management';
import { ADAPTERS, ADMIN, startApi, VIEWER, type ApiUnderTest } from '../admin/support';
import { fakeKey, VendorSimulator } from '../simulator';
import { SseClient } from './sse-client';

describe.each(ADAPTERS)('GET /admin/events/stream on %s', (adapter) => {
  const KEYS = [fakeKey('openai', 1), fakeKey('openai', 2)];
  const ID = keyIdOf(KEYS[0]!);
  let sim: VendorSimulator;
  let api: ApiUnderTest;
  const clients: SseClient[] = [];

  beforeEach(async () => {
    sim = await VendorSimulator.start();
    for (const key of KEYS) sim.openai.key(key);
    api = await startApi({ adapter, options: { providers: { openai: { keys: KEYS, baseUrl: sim.openai.baseUrl } } } });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await api.app.close();
    await sim.close();
  });

  const url = (query = ''): string =>
    `http://127.0.0.1:${(api.app.getHttpServer().address() as AddressInfo).port}/admin/events/stream${query}`;
  const open = async (headers: Record<string, string> = {}, query = ''): Promise<SseClient> => {
    const client = await SseClient.open(url(query), { authorization: `Bearer ${VIEWER}`, ...headers });
    clients.push(client);
    return client;
  };
  const disable = (enabled: boolean) =>
    api.send('patch', `/admin/providers/openai/keys/${ID}`).send({ enabled }).expect(200);

  it('tells of changes and of what administrators do, as GET /admin/events shows it', async () => {
    const client = await open();
    expect(client.response.statusCode).toBe(200);
    expect(client.response.headers['content-type']).toContain('text/event-stream');
    expect(client.response.headers['cache-control']).toContain('no-transform');
    await disable(false);
    await client.until(() => client.of('action').length === 1);
    const [change] = client.of('key');
    expect(change?.data).toMatchObject({
      type: 'status_changed',
      provider: 'openai',
      key_id: ID,
      from: 'healthy',
      to: 'disabled',
      by: 'administrator',
    });
    expect(client.of('action')[0]?.data).toMatchObject({ action: 'update_key', role: 'admin', result: 'ok' });
    const { body } = await api.send('get', '/admin/events?limit=2', VIEWER).expect(200);
    expect([...body.events].reverse()).toEqual(client.messages.map(({ data }) => data));
  });

  it('catches up from the last id, by header or by query', async () => {
    const first = await open();
    await disable(false);
    await first.until(() => first.of('action').length === 1);
    const lastId = first.lastId!;
    first.close();
    await disable(true);
    for (const again of [await open({ 'last-event-id': lastId }), await open({}, `?last_event_id=${lastId}`)]) {
      await again.until(() => again.of('action').length === 1);
      expect(again.messages.map(({ event, data }) => [event, data.to ?? data.action])).toEqual([
        ['key', 'healthy'],
        ['action', 'update_key'],
      ]);
    }
  });

  it.each(['7.deadbeef', '999999', 'nonsense'])('says reset to one that comes with %s', async (lastId) => {
    const client = await open({ 'last-event-id': lastId });
    await client.until(() => client.messages.length > 0);
    expect(client.messages[0]).toMatchObject({ event: 'reset', data: { last_id: expect.any(Number) } });
  });

  it('asks for a viewer, and ends with the app', async () => {
    const refused = await SseClient.open(url(), {});
    expect(refused.response.statusCode).toBe(401);
    const client = await open({ authorization: `Bearer ${ADMIN}` });
    await Promise.all([client.end(), api.app.close()]);
    expect(client.closed).toBe(true);
  });

  it('holds no key', async () => {
    const client = await open();
    sim.openai.key(KEYS[0]!, { kind: 'invalid' });
    await api.send('post', `/admin/providers/openai/keys/${ID}/check`).expect(200);
    await client.until(() => client.of('action').length === 1);
    expect(client.of('key')[0]?.data).toMatchObject({ to: 'invalid_key', outcome: 'invalid_key', by: 'probe' });
    expect(JSON.stringify(client.messages)).not.toContain(KEYS[0]!.slice(10, 30));
    expect(api.app.get(KeyPoolService).get('openai', ID)?.status).toBe('invalid_key');
  });
});
