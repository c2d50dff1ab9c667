import type { Server } from 'node:http';
import { once } from 'node:events';
import { KeyPoolService } from '../../src/key-management';
import { fakeKey, VendorSimulator } from '../simulator';
import { KEYS } from './hostile-cases';
import { RAW_CASES } from './hostile-http-cases';
import { portOf, rawExchange, rawSocket, statusesOf } from './raw-http';
import { ADAPTERS, ADMIN, startApi, type ApiUnderTest } from './support';

describe.each(ADAPTERS)('hostile HTTP on %s', (adapter) => {
  let simulator: VendorSimulator;
  let api: ApiUnderTest;

  beforeAll(async () => {
    simulator = await VendorSimulator.start();
    const keys = [simulator.openai.key(fakeKey('openai', 1))];
    api = await startApi({ adapter, options: { providers: { openai: { keys, baseUrl: simulator.openai.baseUrl } } } });
  });
  afterAll(async () => {
    await api.app.close();
    await simulator.close();
  });

  /** All that a request could have changed. */
  const state = async (): Promise<string> => {
    const { body } = await api.send('get', '/admin/configuration').expect(200);
    return JSON.stringify([api.app.get(KeyPoolService).list(), body, simulator.openai.calls.total]);
  };

  it.each(RAW_CASES)('gets over $name', async ({ bytes, status, end }) => {
    const before = await state();
    const text = await rawExchange(portOf(api.app), bytes, { end });
    const expected = typeof status === 'object' ? status[adapter] : status;
    expect(statusesOf(text)[0]).toBe(expected);
    expect(text).not.toContain('MISPLACED');
    expect(await state()).toBe(before);
  });

  it('answers requests in a row on one connection, each with its own', async () => {
    const one = (path: string, connection: string): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\nConnection: ${connection}\r\n\r\n`;
    const paths = Array.from({ length: 60 }, (_, n) => ['/health/live', '/no/such/route', `${KEYS}?limit=0`][n % 3]!);
    const bytes = paths.map((path, n) => one(path, n === paths.length - 1 ? 'close' : 'keep-alive')).join('');
    const expected = paths.map((_, n) => [200, 404, 400][n % 3]!);
    expect(statusesOf(await rawExchange(portOf(api.app), bytes))).toEqual(expected);
  });

  it('serves others while hundreds of clients do not get to the point', async () => {
    const server = api.app.getHttpServer() as Server;
    // Node's own bounds on slow clients. Fastify switches off the one on bodies, which is its host's to set.
    const bounds = [server.headersTimeout, ...(adapter === 'express' ? [server.requestTimeout] : [])];
    expect(bounds.every((ms) => ms > 0 && ms <= 300_000)).toBe(true);
    const starts = ['', 'GET /health/live HT', `POST ${KEYS} HTTP/1.1\r\nHost: x\r\n`];
    const body = `Authorization: Bearer ${ADMIN}\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{"keys":[`;
    const sockets = Array.from({ length: 300 }, (_, n) => {
      const socket = rawSocket(portOf(api.app));
      socket.write([...starts, `${starts[2]!}${body}`][n % 4]!);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (let n = 0; n < 20; n += 1) await api.send('get', '/health/keys').expect(200);
    for (const socket of sockets) socket.resetAndDestroy();
    await api.send('get', '/health/live', null).expect(200);
  });

  it('does not mind clients that go in the middle of a request or an answer', async () => {
    const before = await state();
    const requests = [
      `GET /health/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\n\r\n`,
      `GET /admin/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\n\r\n`,
      `POST ${KEYS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    ];
    for (let n = 0; n < 60; n += 1) {
      const socket = rawSocket(portOf(api.app));
      await once(socket, 'connect');
      socket.write(requests[n % 3]!);
      if (n % 2 === 0 && n % 3 < 2) await once(socket, 'data');
      socket.resetAndDestroy();
    }
    expect(await state()).toBe(before);
  });
});
