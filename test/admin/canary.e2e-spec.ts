import { KeyManagerService, keyIdOf, RetryExecutorService } from '../../src/key-management';
import { findLeaks } from '../canary/scan/find-leaks';
import { VendorSimulator } from '../simulator';
import { routesFor } from './routes';
import { ADAPTERS, ADMIN, startApi, VIEWER, type ApiUnderTest } from './support';

describe.each(ADAPTERS)('a marked key on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;
  let marked: string;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    marked = simulator.openai.newKeys(1)[0]!;
    api = await startApi({
      adapter,
      options: { providers: { openai: { keys: [marked], baseUrl: simulator.openai.baseUrl } } },
    });
  });
  afterAll(async () => {
    await api.app.close();
    await simulator.close();
  });

  it('stands in no body and no header of any route, whoever asks and however it fares', async () => {
    const answers: string[] = [];
    const id = keyIdOf(marked);
    // A vendor that repeats the key in its errors, as some do.
    const echo = { error: { message: `Incorrect API key provided: ${marked}`, code: 'invalid_api_key' } };
    simulator.openai.key(marked, { kind: 'answer', status: 401, body: echo });
    const routes = routesFor(id).map((route) => ({
      ...route,
      body: 'keys' in (route.body ?? {}) ? { keys: [marked, { key: marked }, `${marked}x`] } : route.body,
    }));
    for (const token of [null, VIEWER, undefined]) {
      for (const { method, path, body } of routes) {
        if (method === 'delete') continue;
        const { text, headers, body: binary } = await api.send(method, path, token).send(body);
        answers.push(`${method} ${path}: ${text} ${JSON.stringify(headers)} ${JSON.stringify(binary)}`);
      }
    }
    await api.app.get(RetryExecutorService).execute('openai', ({ apiKey }) => {
      throw Object.assign(new Error(`no: ${apiKey}`), { status: 401, headers: { 'x-key': apiKey } });
    });
    for (const path of ['/docs-json', '/health/keys', '/analytics/openai', '/admin/events?limit=500']) {
      const { text, headers } = await api.send('get', path);
      answers.push(`${path}: ${text} ${JSON.stringify(headers)}`);
    }
    const { text } = await api.send('delete', `/admin/providers/openai/keys/${id}`);
    answers.push(text, JSON.stringify(api.app.get(KeyManagerService).getComprehensiveStatus()));

    expect(findLeaks(answers.join('\n'), [marked, ADMIN, VIEWER])).toEqual([]);
    expect(answers.join()).toContain(id);
  });
});
