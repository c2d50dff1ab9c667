import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplicationContext, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { KeyPoolService, keyIdOf, RetryExecutorService } from '../../src/key-management';
import { asVendor } from '../../test/canary/canary';
import { CheckerClassModule } from './checker-class';
import { StatusTableModule, WeatherService } from './status-table';

type Answer = readonly [status: number, body: object];

/** A vendor that answers as the table says, by key and path. */
async function startVendor(
  keyOf: (request: IncomingMessage) => string,
  answers: Record<string, Record<string, Answer>>,
) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const key = keyOf(request);
    const path = request.url!.replace(/\?.*/, '');
    asked.push(`${path} ${key}`);
    const [status, body] = answers[key]?.[path] ?? [200, { forecast: 'sunny', song: 'la' }];
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  asVendor(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('a custom provider', () => {
  const environment = { ...process.env };
  let server: Server;
  let app: INestApplicationContext;

  async function start(variables: NodeJS.ProcessEnv, imported: Type): Promise<void> {
    Object.assign(process.env, { KEY_STORE: 'memory', ...variables });
    const module = await Test.createTestingModule({ imports: [imported] }).compile();
    app = await module.init();
  }
  afterEach(async () => {
    await app.close();
    process.env = { ...environment };
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const statuses = (provider: string, keys: string[]) =>
    keys.map((key) => app.get(KeyPoolService, { strict: false }).get(provider, keyIdOf(key))?.status);

  it('by a status table: keys prove themselves by traffic', async () => {
    const keys = ['weather-key-dead-1', 'weather-key-poor-2', 'weather-key-good-3'];
    const vendor = await startVendor((request) => request.headers.authorization!.slice('Bearer '.length), {
      [keys[0]!]: { '/v1/forecast': [401, {}] },
      [keys[1]!]: { '/v1/forecast': [402, {}] },
    });
    server = vendor.server;
    await start({ WEATHER_URL: vendor.url, WEATHER_API_KEYS: keys.join() }, StatusTableModule);
    expect(statuses('weather', keys)).toEqual(['healthy', 'healthy', 'healthy']);
    for (let n = 0; n < 5; n += 1) await expect(app.get(WeatherService).forecast('Oslo')).resolves.toBe('sunny');
    expect(statuses('weather', keys)).toEqual(['invalid_key', 'quota_exceeded', 'healthy']);
    expect(vendor.asked).toHaveLength(7);
  });

  it('by a class: keys are checked before they are used', async () => {
    const keys = ['mus_revoked_key_0001', 'mus_poor_key_000002', 'mus_good_key_000003', 'wrong_kind_of_key_4'];
    const vendor = await startVendor((request) => request.headers['x-music-key'] as string, {
      [keys[0]!]: { '/account': [403, { error: { code: 'key_revoked' } }] },
      [keys[1]!]: { '/songs': [403, { error: { code: 'no_credits' } }] },
    });
    server = vendor.server;
    await start({ MUSIC_URL: vendor.url, MUSIC_API_KEYS: keys.join() }, CheckerClassModule);
    expect(statuses('music', keys)).toEqual(['invalid_key', 'quota_exceeded', 'healthy', 'invalid_key']);
    expect(vendor.asked.join()).not.toContain('wrong_kind');
    const call = app
      .get(RetryExecutorService, { strict: false })
      .executeOrThrow('music', ({ keyId }) => Promise.resolve(keyId));
    await expect(call).resolves.toBe(keyIdOf(keys[2]!));
  });
});
