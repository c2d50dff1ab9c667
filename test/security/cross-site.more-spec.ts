import { KeyPoolService } from '../../src/key-management';
import { ADAPTERS, startApi, startApiWithKey, type ApiWithKey } from '../admin/support';

const KEYS = '/admin/providers/openai/keys';

/** What a browser sends to a host app that knows its people by a cookie. */
const FROM = {
  'a form of another site': { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' },
  'a form of a sister site': { 'Sec-Fetch-Site': 'same-site', Origin: 'https://blog.app.test' },
  'an older browser': { Origin: 'https://evil.test' },
  'a frame without an origin': { Origin: 'null' },
};

describe.each(ADAPTERS)('a request that another site makes a browser send, on %s', (adapter) => {
  let api: ApiWithKey;
  beforeAll(async () => {
    api = await startApiWithKey({ adapter, options: { admin: { authorize: () => true } } });
    api.simulator.openai.calls.reset();
  });
  afterAll(() => api.close());

  const keys = (): number => api.app.get(KeyPoolService).list().length;

  it.each(Object.entries(FROM))('from %s changes nothing', async (_, headers) => {
    const [stolen] = api.simulator.openai.newKeys(1) as [string];
    const form = `keys[]=${stolen}&keys[]=${stolen}`;
    for (const [path, type, body] of [
      [KEYS, 'application/x-www-form-urlencoded', form],
      [KEYS, 'text/plain', JSON.stringify({ keys: [stolen] })],
      ['/admin/health-checks', 'text/plain', 'x'],
      ['/admin/health-checks', undefined, undefined],
      [`${KEYS}/${api.id}/check`, undefined, undefined],
    ] as const) {
      const request = api.send('post', path, null).set(headers);
      const answer = await (type === undefined ? request : request.set('Content-Type', type).send(body));
      expect([path, answer.status, answer.body.message]).toEqual([path, 403, expect.stringMatching(/another site/)]);
    }
    expect(keys()).toBe(1);
    expect(api.simulator.openai.calls.total).toBe(0);
  });

  it.each([
    ['the own page', { 'Sec-Fetch-Site': 'same-origin' }],
    ['a person', { 'Sec-Fetch-Site': 'none' }],
    ['a program', {}],
  ])('is none that %s sends', async (_, headers) => {
    await api.send('post', '/admin/health-checks', null).set(headers).send({}).expect(200);
    await api.send('post', `${KEYS}/${api.id}/check`, null).set(headers).expect(200);
  });

  it('is let through where the browser asked first, which the host app allows by CORS', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://admin.app.test' };
    await api.send('post', '/admin/health-checks', null).set(headers).send({}).expect(200);
    await api.send('patch', `${KEYS}/${api.id}`, null).set(headers).send({ label: 'x' }).expect(200);
  });
});

describe('a form', () => {
  it.each(ADAPTERS)('is no body that the API takes, whoever sends it, on %s', async (adapter) => {
    const api = await startApi({ adapter });
    const answer = await api
      .send('post', KEYS)
      .set('Content-Type', 'application/x-www-form-urlencoded')
      .send('keys[]=sk-proj-000000000000000000000000');
    const kept = api.app.get(KeyPoolService).list();
    await api.app.close();
    expect([answer.status, answer.body]).toEqual([
      415,
      expect.objectContaining({
        statusCode: 415,
        message: 'Send the body as JSON, with "Content-Type: application/json".',
      }),
    ]);
    expect(kept).toEqual([]);
  });
});
