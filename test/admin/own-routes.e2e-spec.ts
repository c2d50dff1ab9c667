import { KeyPoolService, ManagedFetchService, keyIdOf } from '../../src/key-management';
import { secret } from '../canary/canary';
import { TinyServer } from '../managed-fetch/tiny-server';
import { startApi, type ApiUnderTest } from './support';

const KEYS = '/admin/providers/acme/keys';
const WORKSPACE = secret('wrkspc_01ABCDEFGHJKLMNPQRSTUVWX');

describe('keys with a base URL and headers of their own, over the API', () => {
  let server: TinyServer;
  let api: ApiUnderTest;
  beforeAll(async () => {
    server = await TinyServer.start();
    server.answer = (response, { headers }) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ length: headers.authorization?.length, workspace: headers['x-workspace'] }));
    };
    api = await startApi({
      options: { providers: { acme: { baseUrl: 'https://acme.invalid', headers: { 'X-Workspace': 'default' } } } },
    });
  });
  afterAll(async () => {
    await api.app.close();
    await server.close();
  });

  it('are checked there and called there, and no answer shows the values of headers', async () => {
    const key = secret('acme-routed-0123456789abcdef');
    const body = { keys: [{ key, base_url: `${server.origin}/v1/`, headers: { 'x-workspace': WORKSPACE } }] };
    const added = await api.send('post', KEYS).send(body).expect(200);
    expect(server.seen.map(({ url, headers }) => [url, headers['x-workspace']])).toContainEqual([
      '/v1/models',
      WORKSPACE,
    ]);
    const shown = [added, await api.send('get', KEYS), await api.send('get', `${KEYS}/${keyIdOf(key)}`)];
    for (const { text } of shown) expect(text).not.toContain(WORKSPACE);
    expect(shown[2]).toMatchObject({ status: 200, body: { status: 'healthy' } });
    const answer = await api.app.get(ManagedFetchService).for('acme')('https://acme.invalid/v1/chat/completions');
    expect([answer.url, await answer.json()]).toEqual([
      `${server.origin}/v1/chat/completions`,
      { length: 'Bearer '.length + key.length, workspace: expect.any(String) as string },
    ]);
  });

  it.each([
    [{ base_url: 'http://10.0.0.1' }, /keys\.0\.base_url: must be an https URL/],
    [{ base_url: 'https://user:pw@acme.example' }, /keys\.0\.base_url: must be an https URL/],
    [{ base_url: 'javascript:alert(1)' }, /keys\.0\.base_url: must be an https URL/],
    [{ headers: { 'x-a': 'line\nbreak' } }, /keys\.0\.headers\..+: must be printable ASCII/],
    [{ headers: { 'bad name': 'x' } }, /keys\.0\.headers/],
    [{ headers: ['x'] }, /keys\.0\.headers: must be an object of headers/],
  ])('%j is refused by its name', async (wrong, message) => {
    const { text } = await api
      .send('post', KEYS)
      .send({ keys: [{ key: 'acme-x-0123456789abcdef', ...wrong }] })
      .expect(400);
    expect(text).toMatch(message);
  });

  it('may be 16,384 characters long, and no longer', async () => {
    const long = secret(`acme-${'0123456789abcdef'.repeat(1024)}`.slice(0, 16_384));
    const { body } = await api
      .send('post', KEYS)
      .send({ keys: [{ key: long, base_url: server.origin }] })
      .expect(200);
    expect(body).toMatchObject({
      keys: [{ masked_key: `acme-01...${long.slice(-4)}`, outcome: 'ok', status: 'healthy' }],
    });
    expect(api.app.get(KeyPoolService).get('acme', keyIdOf(long))).toBeDefined();
    const { text } = await api
      .send('post', KEYS)
      .send({ keys: [`${long}x`] })
      .expect(400);
    expect(text).toMatch(/keys\.0\S*: must (?:be shorter than or equal to 16384|have 16384) characters/);
    expect(text).not.toContain(long.slice(0, 100));
  });
});
