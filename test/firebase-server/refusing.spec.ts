import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { FirebaseServer, startFirebaseServerProcess } from './index';
import { SdkClients } from './sdk-clients';

/** Speaks the protocol by hand, to send what the SDK never would. */
class RawClient {
  #request = 0;
  private constructor(private readonly socket: WebSocket) {}

  static async connect(port: number): Promise<RawClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/.ws?v=5&ns=test`);
    await once(socket, 'message');
    return new RawClient(socket);
  }

  async ask(a: string, b: object): Promise<{ s: string; d: unknown }> {
    this.socket.send(JSON.stringify({ t: 'd', d: { r: ++this.#request, a, b } }));
    for (;;) {
      const [data] = (await once(this.socket, 'message')) as [Buffer];
      const { d } = JSON.parse(data.toString()) as { d: { r?: number; b: { s: string; d: unknown } } };
      if (d.r === this.#request) return d.b;
    }
  }

  close(): void {
    this.socket.terminate();
  }
}

describe('the Firebase server: what it refuses', () => {
  let server: FirebaseServer;
  let raw: RawClient;

  beforeEach(async () => {
    server = await FirebaseServer.start({ data: { x: 1 } });
    raw = await RawClient.connect(server.port);
    await raw.ask('gauth', { cred: 'owner' });
  });
  afterEach(async () => {
    raw.close();
    await server.stop();
  });

  it.each<[string, string, string, object]>([
    ['a key with a forbidden character', 'invalid_path', 'p', { p: '/a.b', d: 1 }],
    ['a forbidden key in the data', 'invalid_path', 'p', { p: '/a', d: { 'b#': 1 } }],
    ['a control character', 'invalid_path', 'p', { p: '/a', d: { 'b\n': 1 } }],
    ['a key of 769 bytes', 'invalid_path', 'p', { p: `/${'ü'.repeat(384)}x`, d: 1 }],
    ['more than 32 levels', 'invalid_path', 'p', { p: `/${'a/'.repeat(33)}`, d: 1 }],
    ['a write below .info', 'invalid_path', 'p', { p: '/.info/connected', d: true }],
    ['an update of a place and one below it', 'invalid_data', 'm', { p: '/', d: { a: 1, 'a/b': 2 } }],
    ['an update that is no object', 'invalid_data', 'm', { p: '/', d: 5 }],
    ['a transaction on other data', 'datastale', 'p', { p: '/x', d: 2, h: 'not the hash' }],
    ['a priority', 'unsupported', 'p', { p: '/a', d: { '.priority': 1, b: 2 } }],
    ['an unknown server value', 'unsupported', 'p', { p: '/a', d: { '.sv': 'rand' } }],
    ['an unknown query parameter', 'unsupported', 'g', { p: '/', q: { zz: 1 } }],
    ['an unknown action', 'unsupported', 'zz', { p: '/' }],
    ['an auth override', 'unsupported', 'gauth', { cred: 'owner', authvar: { uid: 'x' } }],
    ['another credential', 'invalid_token', 'gauth', { cred: 'guest' }],
  ])('%s', async (_, status, action, body) => {
    expect((await raw.ask(action, body)).s).toBe(status);
    expect(server.data()).toEqual({ x: 1 });
  });

  it('anything but authentication from a client without it', async () => {
    await raw.ask('unauth', {});
    for (const action of ['p', 'm', 'q', 'g', 'o'])
      expect((await raw.ask(action, { p: '/x' })).s).toBe('permission_denied');
  });

  it('what its rules forbid, and ends the listens that they no longer allow', async () => {
    const clients = new SdkClients();
    const ref = clients.connect(server.url()).ref('x');
    const cancelled = new Promise<Error>((resolve) => ref.on('value', () => undefined, resolve));
    await ref.get();
    server.allow({ read: false, write: true });
    expect((await cancelled).message).toMatch(/permission_denied/);
    expect((await raw.ask('g', { p: '/x' })).s).toBe('permission_denied');
    expect((await raw.ask('p', { p: '/x', d: 2 })).s).toBe('ok');
    server.allow({ read: true, write: false });
    for (const action of ['p', 'm']) expect((await raw.ask(action, { p: '/x', d: {} })).s).toBe('permission_denied');
    expect((await raw.ask('g', { p: '/x' })).d).toBe(2);
    await clients.close();
  });

  it('REST but for reading', async () => {
    const url = `http://127.0.0.1:${server.port}/x.json?ns=test`;
    const authorization = 'Bearer owner';
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization }, method: 'PUT', body: '2' })).status).toBe(501);
    expect(await (await fetch(url, { headers: { authorization } })).json()).toBe(1);
  });
});

describe('the Firebase server in a process of its own', () => {
  it('has every acknowledged write after a kill -9', async () => {
    const clients = new SdkClients();
    const folder = mkdtempSync(join(tmpdir(), 'firebase-server-'));
    try {
      const dataFile = join(folder, 'data');
      const first = await startFirebaseServerProcess({ dataFile });
      await clients
        .connect(first.url())
        .ref('a')
        .update({ 'b/c': [1, 2], d: 'x' });
      await first.kill();
      const second = await startFirebaseServerProcess({ dataFile, port: first.port });
      expect((await clients.connect(second.url()).ref('a').get()).val()).toEqual({ b: { c: [1, 2] }, d: 'x' });
      await second.kill();
    } finally {
      await clients.close();
      rmSync(folder, { recursive: true });
    }
  });
});
