import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface RedisServerOptions {
  /** Default: a free port. */
  port?: number;
  password?: string;
  /** More settings, as on the command line: `['--tls-port', '7000']`. */
  settings?: string[];
}

let available: boolean | undefined;

/** Whether `redis-server` is installed. Prints a warning once when it is not. */
export function redisAvailable(): boolean {
  if (available === undefined) {
    available = spawnSync('redis-server', ['--version']).status === 0;
    if (!available) console.warn('redis-server is not installed, so the tests on a real Redis are skipped.');
  }
  return available;
}

/** `describe`, skipped where `redis-server` is not installed. */
export function describeWithRedis(name: string, body: () => void): void {
  (redisAvailable() ? describe : describe.skip)(name, body);
}

/** One Redis for all tests of a block. Gives where the store of the present test is: in a namespace of its own. */
export function redisForEach(name: string): () => { kind: 'redis'; url: string; namespace: string } {
  let redis: RedisServer;
  let test = 0;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(() => (test += 1));
  return () => ({ kind: 'redis', url: redis.url, namespace: `${name}-${test}` });
}

/** A real Redis on a free port with a folder of its own. Each write is on the disk before it is answered. */
export class RedisServer {
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly options: RedisServerOptions,
  ) {}

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(
      options.port ?? (await freePort()),
      await mkdtemp(join(tmpdir(), 'akm-redis-')),
      options,
    );
    await server.#run();
    return server;
  }

  get url(): string {
    const { password } = this.options;
    return `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${this.port}`;
  }

  /** Sends one command over a connection of its own. */
  async command(name: string, ...args: (string | number)[]): Promise<unknown> {
    const client = new Redis(this.url, { enableReadyCheck: false, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** One field of `INFO`. */
  async info(name: string): Promise<string | undefined> {
    return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(String(await this.command('INFO', 'everything')))?.[1];
  }

  /** Stops the server and removes its folder. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Kills the server, as a crash would. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Kills the server if it runs, and starts it on the same port, with its data or without any. */
  async restart({ empty = false } = {}): Promise<void> {
    await this.kill9();
    if (empty) await rm(join(this.folder, 'appendonlydir'), { recursive: true, force: true });
    await this.#run();
  }

  /** Stops the process, so that connections stay open and nothing is answered, until `thaw`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async #run(): Promise<void> {
    const { password, settings = [] } = this.options;
    const common = ['--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const auth = password ? ['--requirepass', password] : [];
    this.#process = spawn('redis-server', [...common, ...durable, ...auth, ...settings], { stdio: 'ignore' });
    for (let tries = 0; !(await answers(this.port)); tries++) {
      if (tries > 10_000 || this.#process.exitCode !== null)
        throw new Error(`redis-server did not start on port ${this.port}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGCONT');
    process.kill(signal);
    await ended;
  }
}

/** A port that is free at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether the server answers. An error is an answer: it may require a password, or still load its data. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('data', (data) => done(!data.toString().includes('LOADING')));
    socket.once('error', () => done(false));
  });
}
