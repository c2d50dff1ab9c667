import type { Server } from 'node:http';
import { routesFor } from '../admin/routes';
import { ADAPTERS, startApi, VIEWER, type ApiUnderTest } from '../admin/support';

const WRONG = 'no-such-token-for-tests-0001';

describe.each(ADAPTERS)('answers of the admin API on %s', (adapter) => {
  let api: ApiUnderTest;
  beforeAll(async () => {
    api = await startApi({ adapter });
  });
  afterAll(() => api.app.close());

  it('are kept by no cache, whether they are given or refused', async () => {
    const kept: string[] = [];
    for (const { method, path, body } of routesFor('0123456789abcdef')) {
      for (const token of [null, WRONG, VIEWER, undefined]) {
        const { headers, status } = await api.send(method, path, token).send(body);
        if (!/no-store/.test(headers['cache-control'] ?? '')) kept.push(`${method} ${path} ${status}`);
      }
    }
    for (const path of ['/admin/nothing', '/admin/providers/nobody/keys', '/analytics/nobody', '/metrics']) {
      const { headers, status } = await api.send('get', path, null);
      if (!/no-store/.test(headers['cache-control'] ?? '')) kept.push(`${path} ${status}`);
    }
    expect(kept).toEqual([]);
  });

  it('give no other site leave to read them, set no cookie and take none for a token', async () => {
    const from = { Origin: 'https://evil.test', Cookie: `token=${VIEWER}; authorization=Bearer ${VIEWER}` };
    for (const [path, token, expected] of [
      ['/health/keys', VIEWER, 200],
      ['/health/keys', null, 401],
      [`/health/keys?token=${VIEWER}`, null, 401],
      ['/dashboard', null, 503],
    ] as const) {
      const { headers, status } = await api.send('get', path, token).set(from);
      expect([path, status]).toEqual([path, expected]);
      expect(Object.keys(headers).filter((name) => /^access-control-|^set-cookie$/.test(name))).toEqual([]);
    }
  });

  it('shut the metrics to those without a token', async () => {
    await api.send('get', '/metrics', null).expect(401);
    await api.send('get', '/metrics', VIEWER).expect(200);
  });

  it('leave a check of all keys to administrators', async () => {
    await api.send('post', '/admin/health-checks', VIEWER).send({}).expect(403);
  });
});

describe('the host app', () => {
  it('says nothing of what it is made of, may not be framed, and holds no slow client for long', async () => {
    const { app, send } = await startApi();
    const server = app.getHttpServer() as Server;
    const [{ headers }, { headers: docs }] = [await send('get', '/health/keys'), await send('get', '/docs', null)];
    await app.close();
    expect([server.headersTimeout, server.requestTimeout]).toEqual([10_000, 30_000]);
    for (const each of [headers, docs]) {
      expect(each).not.toHaveProperty('x-powered-by');
      expect(each).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
      expect(each['content-security-policy']).toMatch(/frame-ancestors 'self'.*script-src 'self'/);
    }
  });
});
