import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { secret } from '../canary/canary';
import { freePort } from './redis-server';

const USER = 'keys';
const DATABASE = 'keys';
/** Where Debian puts the programs of each version, outside of PATH. */
const DEBIAN = '/usr/lib/postgresql';

let programs: string | undefined | null;

/** The folder of the server's programs; undefined where there are none. Prints a warning once. */
function programsFolder(): string | undefined {
  if (programs === undefined) {
    const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
    const folders = [...(process.env.PATH ?? '').split(':'), ...versions.map((each) => join(DEBIAN, each, 'bin'))];
    const found = folders.find((each) => ['initdb', 'postgres'].every((name) => existsSync(join(each, name))));
    // Not every program of a version need be in PATH.
    programs = found === undefined ? null : dirname(realpathSync(join(found, 'postgres')));
    if (programs === null) console.warn('postgres is not installed, so the tests on a real Postgres are skipped.');
  }
  return programs ?? undefined;
}

/** `describe`, skipped where Postgres is not installed. */
export function describeWithPostgres(name: string, body: () => void): void {
  (programsFolder() ? describe : describe.skip)(name, body);
}

/** Postgres refuses to run as root. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((what) => Number(spawnSync('id', [what, user]).stdout.toString()));
    if (uid && gid) return { uid, gid };
  }
  throw new Error('there is neither a user postgres nor a user nobody to run Postgres');
}

async function isStandby(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  return rows[0]?.standby === true;
}

async function finished(child: ChildProcess): Promise<void> {
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${child.spawnfile} failed: ${output}`);
}

/** A real Postgres on a free port with a folder of its own. */
export class PostgresServer {
  readonly #password = secret('postgres-password-of-the-tests');
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(
    readonly port: number,
    /** Of its data, and of files for its settings. Its user may read it. */
    readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /** @param settings As on the command line: `['max_connections=20']`. */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'akm-postgres-'));
    const server = new PostgresServer(await freePort(), folder, settings);
    await server.own(folder);
    await server.#make();
    await server.#run();
    return server;
  }

  /** A standby that follows this server, on a port of its own. */
  async replica(): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'akm-postgres-'));
    const replica = new PostgresServer(await freePort(), folder, this.settings);
    await replica.own(folder);
    const options = ['-D', replica.#data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', '-d', this.url];
    await finished(spawn(join(programsFolder()!, 'pg_basebackup'), options, { ...unprivileged(), cwd: folder }));
    await replica.#run();
    return replica;
  }

  /** Makes a standby the primary. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote()');
  }

  get url(): string {
    return this.urlAt(this.port);
  }

  /** The URL by another port, as of a proxy. */
  urlAt(port: number): string {
    return `postgres://${USER}:${this.#password}@127.0.0.1:${port}/${DATABASE}`;
  }

  /** Runs SQL over a connection of its own. */
  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Gives a file or folder to the user of the server. */
  async own(path: string): Promise<void> {
    const { uid, gid } = unprivileged();
    if (uid && gid) await chown(path, uid, gid);
  }

  /** Stops the server and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Ends all its processes at once without tidying up, as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  /** Kills the server if it runs, and starts it on the same port, with its data or without any. */
  async restart({ empty = false } = {}): Promise<void> {
    await this.kill();
    if (empty) {
      await rm(this.#data, { recursive: true });
      await this.#make();
    }
    await this.#run();
  }

  /** Stops the processes that serve the package, so that connections stay open and nothing is answered, until `thaw`. */
  async freeze(): Promise<() => void> {
    const rows = await this.query(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'nestjs-ai-key-management'`,
    );
    const pids = rows.map(({ pid }) => Number(pid));
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return () => {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    };
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  async #make(): Promise<void> {
    const file = join(this.folder, 'password');
    await writeFile(file, this.#password);
    await this.own(file);
    const options = [
      '-U',
      USER,
      '--pwfile',
      file,
      '--auth',
      'scram-sha-256',
      '-E',
      'UTF8',
      '--locale',
      'C',
      '--no-sync',
    ];
    const { status, stderr } = spawnSync(join(programsFolder()!, 'initdb'), ['-D', this.#data, ...options], {
      ...unprivileged(),
      cwd: this.folder,
    });
    if (status !== 0) throw new Error(`initdb failed: ${stderr.toString()}`);
  }

  async #run(): Promise<void> {
    const settings = [
      `port=${this.port}`,
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      // A process that is killed loses nothing by it, only a power cut does.
      'fsync=off',
      ...this.settings,
    ];
    const args = ['-D', this.#data, ...settings.flatMap((each) => ['-c', each])];
    this.#process = spawn(join(programsFolder()!, 'postgres'), args, { ...unprivileged(), cwd: this.folder });
    this.#process.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.#output = (this.#output + text).slice(-4_000)));
    this.#process.stdout?.resume();
    for (let tries = 0; !(await this.#serves()); tries++) {
      if (tries > 3_000 || this.#process.exitCode !== null) throw new Error(`postgres did not start: ${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Serves, and has the database. */
  async #serves(): Promise<boolean> {
    const client = new Client({ connectionString: this.url.replace(/\/keys$/, '/postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
      if (!rowCount && !(await isStandby(client))) await client.query(`CREATE DATABASE ${DATABASE}`);
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const process = this.#process;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = new Promise((resolve) => process.once('exit', resolve));
    process.kill(signal);
    await ended;
  }
}
