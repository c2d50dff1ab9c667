import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { asVendor, secret } from '../canary/canary';
import { buildApp, innerProcess, runContained, UID } from './container';
import { command, healthCommand, imageEnvironment } from './deploy-files';

const TOKEN = secret('admin-token-of-the-container-test-01');
const KEY = secret('sk-proj-KEYOFTHECONTAINERTEST0000001');
const ENDS = 20;

/** A vendor whose first answer waits until the test lets it go. */
async function startVendor() {
  let asked: (response: ServerResponse) => void;
  const first = new Promise<ServerResponse>((resolve) => (asked = resolve));
  let isFirst = true;
  const server = asVendor(
    createServer((request, response) => {
      request.resume();
      if (!isFirst) return void response.end('{}');
      isFirst = false;
      asked(response);
    }),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, first, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

// Only root may make namespaces everywhere.
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('Only root can run the app as a container would, so its tests are skipped.');

(isRoot ? describe : describe.skip)('the app of the Dockerfile, without an image', () => {
  let built: ReturnType<typeof buildApp> | undefined;
  const appFolder = (): string => built!.app;
  beforeAll(() => {
    built = buildApp();
  });
  afterAll(() => {
    built?.remove();
  });

  it('holds run-time packages only', () => {
    const packages = readdirSync(join(appFolder(), 'node_modules'));
    expect(packages).toEqual(expect.arrayContaining(['helmet', 'ioredis', 'reflect-metadata', 'classic-level']));
    for (const name of ['typescript', 'jest', 'firebase-admin', 'esbuild', 'openai', 'playwright-core'])
      expect(packages).not.toContain(name);
  });

  it('may write into its volume only', async () => {
    const tries = ['data/own', 'dist/own', '/tmp/own', 'own'].map((path) => JSON.stringify(path)).join();
    const script = `for (const path of [${tries}]) try { fs.writeFileSync(path, ''); fs.rmSync(path); console.log('written') } catch (error) { console.log(error.code) }
      console.log(process.pid, process.getuid())`;
    const child = runContained(appFolder(), [process.execPath, '-e', script], {});
    const [output] = await Promise.all([text(child.stdout!), once(child, 'exit')]);
    expect(output.trim().split('\n')).toEqual(['written', 'EROFS', 'EROFS', 'EROFS', `1 ${UID}`]);
  });

  it('starts, tells its health, and lets a call that is under way end after SIGTERM', async () => {
    const vendor = await startVendor();
    const [node, ...args] = command();
    expect(node).toBe('node');
    const child = runContained(appFolder(), [process.execPath, ...args], {
      ...imageEnvironment(),
      // The image's own folder is /app.
      KEY_STORE_PATH: join(appFolder(), 'data'),
      PORT: '0',
      NO_COLOR: '1',
      ADMIN_TOKEN: TOKEN,
      OPENAI_BASE_URL: vendor.url,
    });
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    let url = '';
    for await (const line of createInterface({ input: child.stdout! })) {
      url = /Listening on (\S+)/.exec(line)?.[1]?.replace('localhost', '127.0.0.1') ?? '';
      if (url) break;
    }
    child.stdout!.resume();
    expect(url).not.toBe('');
    const { port } = new URL(url);
    const isHealthy = (): boolean =>
      spawnSync(process.execPath, healthCommand().slice(1), { env: { PORT: port } }).status === 0;
    expect(isHealthy()).toBe(true);

    const call = fetch(`${url}/admin/providers/openai/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ keys: [KEY] }),
    });
    const held = await vendor.first;
    process.kill(innerProcess(child), 'SIGTERM');
    // It lives, for the call is under way, and listens no more. Each look takes a new process, so this is no busy loop.
    for (let looks = 0; isHealthy(); looks += 1) expect(looks).toBeLessThan(ENDS);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    held.end('{}');
    const answer = await call;
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ healthy_keys_added: 1 })]);
    const [code, signal] = await ended;
    expect([code, signal]).toEqual([0, null]);
    expect(readdirSync(join(appFolder(), 'data')).length).toBeGreaterThan(0);
    await new Promise((resolve) => vendor.server.close(resolve));
  });
});
