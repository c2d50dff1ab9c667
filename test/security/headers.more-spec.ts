import type { NestExpressApplication } from '@nestjs/platform-express';
import { KeyPoolService } from '../../src/key-management';
import { EventLog } from '../../src/key-management/events/event-log';
import { startApi, type ApiUnderTest } from '../admin/support';
import { TinyServer } from '../managed-fetch/tiny-server';

const WRONG = 'no-such-token-for-tests-0001';

describe('the address of a client', () => {
  let api: ApiUnderTest;
  beforeEach(async () => {
    api = await startApi();
  });
  afterEach(() => api.app.close());
  const trust = (proxies: boolean | number) => (api.app as NestExpressApplication).set('trust proxy', proxies);
  const tries = async (headers: (n: number) => Record<string, string>): Promise<number[]> => {
    const seen: number[] = [];
    for (let n = 0; n < 12; n += 1) seen.push((await api.send('get', '/health/keys', WRONG).set(headers(n))).status);
    return seen;
  };
  const HELD_UP = [...Array<number>(10).fill(401), 429, 429];

  it('is the connection’s where no proxy is trusted, whatever the headers claim', async () => {
    trust(false);
    expect(await tries((n) => ({ 'X-Forwarded-For': `198.51.100.${n}`, Forwarded: `for=198.51.100.${n}` }))).toEqual(
      HELD_UP,
    );
  });

  it('is what the trusted proxy added, not what the client sent before it', async () => {
    trust(1);
    expect(await tries((n) => ({ 'X-Forwarded-For': `10.0.0.${n}, 198.51.100.7` }))).toEqual(HELD_UP);
  });

  it('stands in the log of actions only where it is one', async () => {
    trust(true);
    const claims = ['203.0.113.5', '2001:db8::1', '<script>', `x\u009b31m${'y'.repeat(4_000)}`, '127.0.0.1 forged'];
    for (const claim of claims) {
      await api.send('post', '/admin/health-checks').set('X-Forwarded-For', claim).send({}).expect(200);
    }
    const logged = api.app.get(EventLog).latest({ limit: 10, type: 'admin_action' });
    const addresses = logged.map((entry) => ('action' in entry ? entry.action.address : 'none')).reverse();
    expect(addresses).toEqual(['203.0.113.5', '2001:db8::1', undefined, undefined, undefined]);
  });
});

describe('a key', () => {
  it.each(['\r\nX-Injected: 1', '\n', '\u0000', 'ü', '\u2028', ' x', '\u007f'])(
    'with %j in it is never put into a header',
    async (inside) => {
      const vendor = await TinyServer.start();
      const api = await startApi({
        options: { providers: { openai: { baseUrl: vendor.origin }, mine: { baseUrl: vendor.origin } } },
      });
      const key = `sk-proj-${'a'.repeat(24)}${inside}${'b'.repeat(24)}`;
      const statuses: unknown[] = [];
      for (const provider of ['openai', 'mine']) {
        const { body } = await api.send('post', `/admin/providers/${provider}/keys`).send({ keys: [key] });
        statuses.push(body.keys[0].verdict);
      }
      const left = api.app.get(KeyPoolService).list().length;
      await api.app.close();
      await vendor.close();
      expect([statuses, left, vendor.seen]).toEqual([['refused', 'refused'], 0, []]);
    },
  );
});
