import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FirebaseServer, startFirebaseServerProcess } from '../firebase-server';
import { startTsChild } from '../support/start-ts-child';

interface Report {
  stored: number;
  known: number;
}
const INSTANCES = 4;
const STATUSES = 25;

const everyone = (stored: number): Report[] =>
  Array.from({ length: INSTANCES }, () => ({ stored, known: (INSTANCES - 1) * STATUSES }));

class Instance {
  readonly #child;
  readonly #printed: string[] = [];

  constructor(url: string, name: string, additions: number) {
    const args = [url, name, String(additions), String(STATUSES), String((INSTANCES - 1) * STATUSES)];
    this.#child = startTsChild('test/store/firebase-instance.child.ts', args);
    this.#child.lines.on('line', (line: string) => this.#printed.push(line));
  }

  /** The next line that is no warning of the SDK. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#printed.shift();
      if (line !== undefined && !/FIREBASE WARNING/.test(line)) return line;
      if (line !== undefined) continue;
      const ended = this.#child.ended.then(({ stderr }) => Promise.reject(new Error(`The instance ended: ${stderr}`)));
      await Promise.race([once(this.#child.lines, 'line'), ended]);
    }
  }

  go(): void {
    this.#child.process.stdin?.write('go\n');
  }

  async end(): Promise<void> {
    await this.#child.ended;
  }

  kill(): void {
    this.#child.process.kill('SIGKILL');
  }
}

describe('four processes on one Firebase server', () => {
  let instances: Instance[] = [];
  afterEach(() => instances.forEach((instance) => instance.kill()));

  async function run(
    url: string,
    additions: number,
    meanwhile = async (): Promise<void> => undefined,
  ): Promise<Report[]> {
    instances = Array.from({ length: INSTANCES }, (_, i) => new Instance(url, `i${i}`, additions));
    await Promise.all(instances.map(async (instance) => expect(await instance.line()).toBe('ready')));
    instances.forEach((instance) => instance.go());
    await meanwhile();
    await Promise.all(instances.map(async (instance) => expect(await instance.line()).toBe('done')));
    instances.forEach((instance) => instance.go());
    const reports = await Promise.all(instances.map(async (instance) => JSON.parse(await instance.line()) as Report));
    await Promise.all(instances.map((instance) => instance.end()));
    return reports;
  }

  it('lose no count of 10,000 additions at once, and see every change of each other', async () => {
    const server = await FirebaseServer.start();
    try {
      expect(await run(server.url(), 2_500)).toMatchObject(everyone(10_000));
    } finally {
      await server.stop();
    }
  });

  it('lose and double no count when the server is killed under load and comes back with its data', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'akm-firebase-'));
    const dataFile = join(folder, 'data');
    let server = await startFirebaseServerProcess({ dataFile });
    try {
      const reports = await run(server.url(), 500, async () => {
        for (let round = 0; round < 3; round++) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await server.kill();
          server = await startFirebaseServerProcess({ dataFile, port: server.port });
        }
      });
      expect(reports).toMatchObject(everyone(2_000));
    } finally {
      await server.kill();
      await rm(folder, { recursive: true });
    }
  });
});
