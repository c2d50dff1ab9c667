import { VendorSimulator } from '../simulator';
import { ADMIN } from '../support/tokens';
import { startHostApp, type HostApp } from './host-app';

// Each start is a process of its own, which compiles as it goes: slow where the machine is busy.

describe('the host app', () => {
  let simulator: VendorSimulator;
  let app: HostApp | undefined;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
  });
  afterEach(async () => {
    app?.process.kill('SIGKILL');
    await app?.ended;
    simulator.reset();
  });
  afterAll(() => simulator.close());

  const post = (path: string, body: object, token = ADMIN): Promise<Response> =>
    fetch(`${app!.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('starts on nothing, prints a token that works, and serves the docs', async () => {
    app = await startHostApp({ ADMIN_TOKEN: '' });
    const token = app.output.join('\n').match(/made for this run: (\S+)/)?.[1];
    expect(token).toMatch(/^[\w-]{32}$/);
    const status = await fetch(`${app.url}/health/keys`, { headers: { authorization: `Bearer ${token}` } });
    expect(await status.json()).toMatchObject({ system_info: { store: 'memory' } });
    expect((await fetch(`${app.url}/docs`)).status).toBe(200);
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
    expect(app.output.join('\n')).toMatch(/\/docs .*\/dashboard/);
  });

  it('keeps the guarded routes shut in production without a token, and says so', async () => {
    app = await startHostApp({ ADMIN_TOKEN: '', NODE_ENV: 'production' });
    expect((await fetch(`${app.url}/health/keys`)).status).toBe(404);
    expect((await fetch(`${app.url}/health`)).status).toBe(200);
    expect(app.output.join('\n')).toMatch(/not mounted.*Set ADMIN_TOKEN/);
  });

  it('does not start with a token that is too short, and names the mend', async () => {
    const failed = startHostApp({ ADMIN_TOKEN: 'short' });
    await expect(failed).rejects.toThrow(/ADMIN_TOKEN.*16 characters/s);
  });

  it.each([
    ['PORT', 'abc', 'PORT must be a whole number from 0 to 65535.'],
    ['TRUST_PROXY', 'nobody', 'TRUST_PROXY must be a number of hops, or addresses as "loopback, 10.0.0.0/8".'],
    // It would take for the client's address whatever the client says.
    ['TRUST_PROXY', 'true', 'TRUST_PROXY must be a number of hops, or addresses as "loopback, 10.0.0.0/8".'],
  ])('does not start with %s=%s, and names the mend', async (name, value, mend) => {
    await expect(startHostApp({ ADMIN_TOKEN: ADMIN, [name]: value })).rejects.toThrow(mend);
  });

  it('logs changes of keys in one line each, as text and as JSON', async () => {
    const key = simulator.openai.newKeys(1)[0]!;
    const env = { ADMIN_TOKEN: ADMIN, OPENAI_API_KEYS: key, OPENAI_BASE_URL: simulator.openai.baseUrl };
    for (const LOG_FORMAT of ['text', 'json']) {
      simulator.openai.key(key);
      app = await startHostApp({ ...env, LOG_FORMAT });
      simulator.openai.key(key, { kind: 'invalid' });
      await post('/admin/health-checks', {});
      await post('/admin/health-checks', {});
      expect(app.output.filter((each) => each.includes('key removed'))).toHaveLength(1);
      const line = app.output.find((each) => each.includes('key removed')) ?? '';
      if (LOG_FORMAT === 'json') {
        expect(JSON.parse(line)).toMatchObject({
          level: 'warn',
          context: 'KeyManagement',
          message: { event: 'key removed', provider: 'openai', outcome: 'invalid_key', from: 'healthy', by: 'probe' },
        });
      } else {
        expect(line).toMatch(
          /WARN \[KeyManagement\] key removed provider=openai key=sk-proj\.\.\.\w{4} .*outcome=invalid_key reason="/,
        );
      }
      expect(app.output.join('\n')).not.toContain(key.slice(8, -5));
      app.process.kill('SIGKILL');
      await app.ended;
    }
  });

  it('lets requests in flight end when it is told to stop', async () => {
    const key = simulator.openai.newKeys(1, { kind: 'slow', latencyMs: 500 })[0]!;
    app = await startHostApp({ ADMIN_TOKEN: ADMIN, OPENAI_BASE_URL: simulator.openai.baseUrl });
    const answer = post('/admin/providers/openai/keys', { keys: [key] });
    await simulator.openai.calls.waitForCalls(1);
    app.process.kill('SIGTERM');
    expect(await (await answer).json()).toMatchObject({ healthy_keys_added: 1 });
    expect(await app.ended).toMatchObject({ code: null, stderr: '' });
  });

  it('does not wait for readers of the live stream, which never end by themselves', async () => {
    app = await startHostApp({ ADMIN_TOKEN: ADMIN, DRAIN_TIMEOUT_MS: '600000' });
    const stream = await fetch(`${app.url}/admin/events/stream`, { headers: { authorization: `Bearer ${ADMIN}` } });
    app.process.kill('SIGTERM');
    expect(await stream.text()).toMatch(/^retry: /);
    expect(await app.ended).toMatchObject({ code: null, stderr: '' });
  });

  it('does not wait for them longer than the limit', async () => {
    const key = simulator.openai.newKeys(1, { kind: 'hang' })[0]!;
    const env = { ADMIN_TOKEN: ADMIN, OPENAI_BASE_URL: simulator.openai.baseUrl, DRAIN_TIMEOUT_MS: '200' };
    app = await startHostApp(env);
    const answer = post('/admin/providers/openai/keys', { keys: [key] });
    const refused = expect(answer).rejects.toThrow();
    await simulator.openai.calls.waitForCalls(1);
    app.process.kill('SIGTERM');
    await refused;
    expect(await app.ended).toMatchObject({ code: null });
  });
});
