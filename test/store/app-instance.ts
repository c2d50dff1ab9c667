import type { KeySnapshot } from '../../src/key-management';
import { startTsChild } from '../support/start-ts-child';
import type { InstanceOptions } from './app-instance.child';
import type { InstanceCommand } from './instance-commands';

interface Line {
  ready?: boolean;
  startMs?: number;
  log?: string;
  message?: string;
  durable?: string;
  id?: number;
  result?: unknown;
  error?: string;
}

/** Without the environment of the machine that runs the tests. */
const ENVIRONMENT = {
  KEY_ENCRYPTION_SECRET_PREVIOUS: '',
  NODE_ENV: 'test',
  OPENAI_API_KEYS: '',
  FIREBASE_URL: '',
  REDIS_URL: '',
};
const TEST_TIMEOUT_MS = 100_000;

/** An instance of an app with the real module, in a process of its own. */
export class AppInstance {
  readonly logs: { level: string; message: string }[] = [];
  /** Keys whose change was said to be durable. */
  readonly durable: string[] = [];
  onDurable: () => void = () => undefined;
  startMs = 0;
  readonly #child;
  readonly #answers = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #ids = 0;

  private constructor(options: InstanceOptions, schedule: boolean, env: NodeJS.ProcessEnv) {
    const APP_INSTANCE = JSON.stringify({ options, schedule });
    this.#child = startTsChild('test/store/app-instance.child.ts', [], { ...ENVIRONMENT, ...env, APP_INSTANCE });
  }

  /** Starts an instance, and resolves when its app has started. */
  static async start(
    options: InstanceOptions,
    { schedule = false, env = {} }: { schedule?: boolean; env?: NodeJS.ProcessEnv } = {},
  ): Promise<AppInstance> {
    const instance = new AppInstance(options, schedule, env);
    await instance.#ready();
    return instance;
  }

  static startAll(count: number, ...given: Parameters<typeof AppInstance.start>): Promise<AppInstance[]> {
    return Promise.all(Array.from({ length: count }, () => AppInstance.start(...given)));
  }

  ask<Result = unknown>(command: InstanceCommand): Promise<Result> {
    const id = ++this.#ids;
    this.#child.process.stdin!.write(`${JSON.stringify({ id, ...command })}\n`);
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve: resolve as (value: unknown) => void, reject });
    });
  }

  keys(): Promise<KeySnapshot[]> {
    return this.ask({ do: 'keys' });
  }

  /** In good order. Fails if the process does not end well. */
  async end(): Promise<void> {
    this.#child.process.stdin!.end();
    const { code, stderr } = await this.#child.ended;
    if (code !== 0) throw new Error(`The instance ended with ${code}: ${stderr}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.process.kill(signal);
  }

  async kill9(): Promise<void> {
    this.#child.process.kill('SIGKILL');
    await this.#child.ended;
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.lines.on('line', (text: string) => {
        const line = parse(text);
        if (line?.ready) {
          this.startMs = line.startMs ?? 0;
          resolve();
        } else if (line) this.#take(line);
      });
      void this.#child.ended.then(({ code, stderr }) => {
        const error = new Error(`The instance ended with ${code}: ${stderr}`);
        reject(error);
        for (const answer of this.#answers.values()) answer.reject(error);
      });
    });
  }

  #take({ log, message = '', durable, id, result, error }: Line): void {
    if (log !== undefined) this.logs.push({ level: log, message });
    if (durable !== undefined) {
      this.durable.push(durable);
      this.onDurable();
    }
    if (id === undefined) return;
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (error === undefined) answer?.resolve(result);
    else answer?.reject(new Error(error));
  }
}

/** The SDK of Firebase prints warnings of its own. */
function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

/** Waits for what can only be asked for. Resolves with how long it took, milliseconds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = TEST_TIMEOUT_MS,
): Promise<number> {
  const startedAt = Date.now();
  while (!(await holds())) {
    if (Date.now() - startedAt > limitMs) throw new Error(`no success within the time limit: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Date.now() - startedAt;
}

/** A measured figure, for whoever reads the output; noisy machines make it no assertion. */
export function figure(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  process.stdout.write(`      ${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms (${sorted.length})\n`);
}
