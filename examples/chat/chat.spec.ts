import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import request from 'supertest';
import { KEY_MANAGEMENT_OPTIONS, KeyPoolService, keyIdOf } from '../../src/key-management';
import { VendorSimulator, type SimulatedVendor } from '../../test/simulator';
import { ChatModule } from './chat.module';

describe('the chat example', () => {
  let simulator: VendorSimulator;
  let vendor: SimulatedVendor;
  let app: INestApplication;
  let keys: [string, string];

  beforeEach(async () => {
    simulator = await VendorSimulator.start();
    vendor = simulator.openai;
    keys = vendor.newKeys(2, { kind: 'valid', text: 'Good day!' }) as [string, string];
    const options = {
      store: { kind: 'memory' },
      providers: { openai: { keys, baseUrl: vendor.baseUrl } },
      backoff: { initialMs: 0, maxMs: 0 },
    };
    const module = await Test.createTestingModule({ imports: [ChatModule] })
      .overrideProvider(KEY_MANAGEMENT_OPTIONS)
      .useValue(options)
      .compile();
    module.useLogger(false);
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
  });
  afterEach(async () => {
    await app.close();
    await simulator.close();
  });

  const ask = (body: object) =>
    request(app.getHttpServer() as Server)
      .post('/chat')
      .send(body);

  it('answers, and says how it went', async () => {
    const { body } = await ask({ message: 'Hello!', model: 'gpt-4o' }).expect(200);
    expect(body).toEqual({ response: 'Good day!', metadata: { attempts: 1, total_time: expect.any(Number) } });
    expect(vendor.calls.last?.model).toBe('gpt-4o');
  });

  it('answers with the good key when the other is dead', async () => {
    vendor.key(keys[0], { kind: 'invalid' });
    const attempts: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      const { body } = await ask({ message: 'Hello!' }).expect(200);
      attempts.push(body.metadata.attempts as number);
    }
    expect(Math.max(...attempts)).toBe(2);
    expect(app.get(KeyPoolService).get('openai', keyIdOf(keys[0]))?.status).toBe('invalid_key');
  });

  it('answers 503 with Retry-After when no key is left', async () => {
    for (const key of keys) vendor.key(key, { kind: 'alwaysRateLimited', retryAfterMs: 90_000 });
    await ask({ message: 'Hello!' });
    const { headers, body } = await ask({ message: 'Hello!' }).expect(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(60);
    expect(body).toEqual({ error: expect.any(String), metadata: { attempts: 0 } });
  });

  it("passes the caller's own fault on, once, as the vendor put it", async () => {
    for (const key of keys) vendor.key(key, { kind: 'badRequest' });
    const before = vendor.calls.total;
    const { body } = await ask({ message: 'x' }).expect(400);
    expect(body.error).toEqual(expect.any(String));
    expect(vendor.calls.total - before).toBe(1);
  });

  it('answers 502 when the vendor is down, and keeps the keys', async () => {
    vendor.outage({ status: 500 });
    await ask({ message: 'Hello!' }).expect(502);
    expect(
      app
        .get(KeyPoolService)
        .list('openai')
        .map(({ status }) => status),
    ).toEqual(['healthy', 'healthy']);
  });

  it.each([{}, { message: '' }, { message: 5 }, { message: 'x', model: 'no-such' }, { message: 'x', key: 'k' }])(
    'refuses %j',
    async (body) => {
      await ask(body).expect(400);
    },
  );

  it('tells no caller of any key', async () => {
    for (const key of keys) vendor.key(key, { kind: 'invalid' });
    const { text, headers } = await ask({ message: 'Hello!' }).expect(503);
    for (const key of keys) expect(text + JSON.stringify(headers)).not.toContain(key.slice(8, -5));
  });
});
