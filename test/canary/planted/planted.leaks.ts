import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { Redis } from 'ioredis';
import { Gauge } from 'prom-client';
import {
  KeyManagerService,
  KeyMetricsService,
  KeyPoolService,
  RetryExecutorService,
} from '../../../src/key-management';
import { AttemptContext } from '../../../src/key-management/execution/attempt-context';
import { ApiKey } from '../../../src/key-management/pool/key/api-key';
import { FileKeyStore } from '../../../src/key-management/store/file/file-key-store';
import { FirebaseServer } from '../../firebase-server';
import { startKeyManagement } from '../../support/key-management-app';
import { recordingSdk } from '../../support/recording-sdk';
import { redisAvailable, RedisServer } from '../../support/redis-server';
import { plantedKey } from './planted-keys';

// Each test leaks a key of its own on one channel. Only planted.more-spec.ts runs this file, and expects the leaks.

const say = (script: string): string[] => ['-e', script];

async function serve(answer: (response: ServerResponse) => void): Promise<void> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await response.text();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

it('on stdout', () => {
  process.stdout.write(`${plantedKey('stdout')}\n`);
});

it('on stderr, in pieces that come one by one', () => {
  for (const piece of plantedKey('stderr').match(/.{1,9}/g)!) process.stderr.write(piece);
  process.stderr.write('\n');
});

it('on the console', () => {
  console.warn({ key: plantedKey('console') });
});

it("on a child's stdout, in base64", async () => {
  const text = Buffer.from(plantedKey("children's stdout")).toString('base64');
  const child = spawn(process.execPath, say(`process.stdout.write('${text}')`), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.resume();
  await once(child, 'close');
});

it("on a child's stderr", async () => {
  const child = spawn(process.execPath, say(`console.error('${plantedKey("children's stderr")}')`), {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.resume();
  await once(child, 'close');
});

it('by a child that is waited for', () => {
  spawnSync(process.execPath, say(`console.log('${plantedKey('children that are waited for')}')`));
});

it('in a body', () => serve((response) => response.end(JSON.stringify({ key: plantedKey('HTTP answers', 'body') }))));

it('in a header', () => serve((response) => response.setHeader('x-key', plantedKey('HTTP answers', 'header')).end()));

it('in a status text', () => serve((response) => response.writeHead(200, plantedKey('HTTP answers', 'status')).end()));

it('in server-sent events, broken over chunks', () =>
  serve((response) => {
    const key = plantedKey('HTTP answers', 'events');
    response.setHeader('content-type', 'text/event-stream');
    for (const piece of `data: ${key}\n\n`.match(/.{1,10}|\n/g)!) response.write(piece);
    response.end();
  }));

it('in what another process answers', async () => {
  const script = `require('http').createServer((q, a) => a.end('${plantedKey('answers of other processes')}')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, say(script), { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  await (await fetch(`http://127.0.0.1:${String(port).trim()}`)).text();
  child.kill();
  await once(child, 'close');
});

(redisAvailable() ? it : it.skip)('in a command to Redis', async () => {
  const server = await RedisServer.start();
  const redis = new Redis(server.url);
  await redis.hset('akm', 'key', plantedKey('Redis commands'));
  await redis.quit();
  await server.stop();
});

it('in the Firebase database', async () => {
  const server = await FirebaseServer.start();
  server.set('/keys', { raw: plantedKey('the Firebase database') });
  await server.stop();
});

it('in the files of a store', async () => {
  const path = await mkdtemp(join(tmpdir(), 'akm-planted-'));
  const store = new FileKeyStore({ path });
  await store.open({ changed: () => undefined, reset: () => undefined, connection: () => undefined });
  await writeFile(join(path, 'notes'), plantedKey('files of stores'));
  await store.close();
  await rm(path, { recursive: true });
});

describe('by the package', () => {
  let app: Awaited<ReturnType<typeof startKeyManagement>>;

  beforeEach(async () => {
    app = await startKeyManagement({
      providers: { openai: { keys: [plantedKey('the pool'), plantedKey('the pool', '2')] } },
    });
  });
  afterEach(() => app.close());

  /** Settles a lease with a reason that names another key, as a user's text may. */
  const settled = (key: string): void => {
    const pool = app.get(KeyPoolService).ensurePool('openai');
    const [record] = [...pool.records()];
    pool.leaseForProbe(record!).settle({ outcome: 'quota_exceeded', reason: `after ${key}` });
  };

  it('in a service', () => {
    Object.assign(app.get(KeyManagerService), { planted: plantedKey('services') });
  });

  it('in an event, and what comes of it', () => {
    settled(plantedKey('events'));
  });

  it('in a status', () => {
    settled(plantedKey('status and analytics'));
    app.get(KeyManagerService).getComprehensiveStatus();
  });

  it('in a snapshot', () => {
    settled(plantedKey('snapshots'));
    app.get(KeyPoolService).list();
  });

  it('in what a store is to keep', async () => {
    settled(plantedKey('changes for stores'));
    await app.get(KeyPoolService).update('openai', app.get(KeyPoolService).list()[0]!.id, { label: 'x' });
  });

  it('in a result', () => app.get(RetryExecutorService).execute(plantedKey('results'), () => Promise.resolve()));

  it('in an error', () =>
    app
      .get(RetryExecutorService)
      .executeOrThrow(plantedKey('errors'), () => Promise.resolve())
      .catch(() => undefined));

  it('in a span', async () => {
    recordingSdk();
    await app
      .get(RetryExecutorService)
      .execute('openai', () => Promise.resolve(), { model: plantedKey('spans'), maxWaitMs: 0 });
    trace.disable();
    context.disable();
  });

  it('in the metrics', async () => {
    const { registry } = app.get(KeyMetricsService);
    new Gauge({ name: 'planted', help: plantedKey('metrics'), registers: [registry] });
    await app.get(KeyMetricsService).text();
  });

  it('in the log', () => {
    new Logger('planted').error(new Error(plantedKey('logs')));
  });

  it('in a key that is printed', () => {
    const toJSON = jest.spyOn(ApiKey.prototype, 'toJSON').mockImplementation(function (this: ApiKey) {
      return this.reveal();
    });
    new ApiKey(plantedKey('keys'));
    toJSON.mockRestore();
  });

  it('in a context that is printed', async () => {
    const toJSON = jest
      .spyOn(AttemptContext.prototype, 'toJSON')
      .mockReturnValue({ apiKey: plantedKey('contexts and leases') });
    const pool = app.get(KeyPoolService).ensurePool('openai');
    for (const record of pool.records()) pool.leaseForProbe(record).settle('ok');
    await app.get(RetryExecutorService).execute('openai', () => Promise.resolve());
    toJSON.mockRestore();
  });

  it('in the options', async () => {
    const key = plantedKey('options');
    await (
      await startKeyManagement({ providers: { openai: { baseUrl: `http://127.0.0.1/${key}`, keys: [] } } })
    ).close();
  });
});
