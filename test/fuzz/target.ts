import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fakeKey, type SimulatorProcess } from '../simulator';

export const ADMIN = 'admin-token-of-the-fuzz-0001';
export const VIEWER = 'viewer-token-of-the-fuzz-0001';

const VENDORS = ['openai', 'anthropic', 'google'] as const;
const PROGRAMS = {
  // Run from the root of the project, as `npm start` does.
  express: 'dist/main.js',
  fastify: join(__dirname, 'fastify.child.js'),
} as const;
export type Adapter = keyof typeof PROGRAMS;

/** What no line of the log may say. */
const ALARMING = /\bERROR\b|Warning:|Unhandled|^\s+at /;
/** Terminus says so of each documented 503: who fuzzes as administrator deletes keys, and with the last one health goes. */
const EXPECTED = /ERROR Health Check has failed! \{"key_store":\{"status":"up"\},"key_pools":/;
const START_MS = 60_000;
const END_MS = 5_000;

const keysOf = (vendor: string): string[] => [1, 2, 3, 4].map((n) => fakeKey(vendor, n));

/** Keys in every state, and a vendor that lets about half of the made-up keys in, for it cannot tell. */
export async function scriptVendors(simulator: SimulatorProcess): Promise<void> {
  for (const vendor of VENDORS) {
    const [, invalid, exhausted, limited] = keysOf(vendor);
    for (const key of keysOf(vendor)) await simulator.control({ do: 'key', vendor, key });
    if (vendor === 'openai') continue;
    await simulator.control({ do: 'key', vendor, key: invalid!, behaviours: [{ kind: 'invalid' }] });
    await simulator.control({ do: 'key', vendor, key: exhausted!, behaviours: [{ kind: 'exhausted' }] });
    await simulator.control({ do: 'key', vendor, key: limited!, behaviours: [{ kind: 'alwaysRateLimited' }] });
  }
  await simulator.control({
    do: 'outage',
    vendor: 'openai',
    outage: { kind: 'flaky', failureRate: 0.5, seed: 1, failure: { kind: 'serverError' } },
  });
}

/** The app that is fuzzed, in a process of its own. */
export class Target {
  private constructor(
    readonly adapter: Adapter,
    readonly url: string,
    private readonly process: ChildProcess,
    /** Lines of its log that nobody wants: errors, warnings of Node, keys. */
    private readonly alarms: readonly string[],
  ) {}

  static async start(adapter: Adapter, simulator: SimulatorProcess): Promise<Target> {
    const vendors = VENDORS.flatMap((vendor) => [
      [`${vendor.toUpperCase()}_API_KEYS`, keysOf(vendor).join(',')],
      [`${vendor.toUpperCase()}_BASE_URL`, simulator.baseUrl(vendor)],
    ]);
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NO_COLOR: '1',
      PORT: '0',
      TRUST_PROXY: 'loopback',
      KEY_STORE: 'memory',
      ADMIN_TOKEN: ADMIN,
      VIEWER_TOKEN: VIEWER,
      ...Object.fromEntries(vendors),
    };
    const child = spawn(process.execPath, [PROGRAMS[adapter]], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const alarms: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the app on ${adapter} did not start`)), START_MS);
      child.once('exit', (code) => reject(new Error(`the app on ${adapter} ended with ${code}\n${alarms.join('\n')}`)));
      for (const input of [child.stdout, child.stderr]) {
        createInterface({ input }).on('line', (line) => {
          const listening = /Listening on (http\S+)/.exec(line);
          if (listening) {
            clearTimeout(late);
            resolve(listening[1]!.replace(/localhost|\[::1\]/, '127.0.0.1'));
          }
          if (line.includes('SIMULATED')) alarms.push('a line of the log held a key');
          else if (ALARMING.test(line) && !EXPECTED.test(line)) alarms.push(line);
        });
      }
    });
    return new Target(adapter, url, child, alarms);
  }

  /** Whether it still lives, and how it ends when told to. */
  async end(): Promise<string[]> {
    const problems = [...this.alarms];
    const alive = await fetch(`${this.url}/health/live`).catch(() => undefined);
    if (alive?.status !== 200) problems.push(`GET /health/live after the fuzzing: ${alive?.status ?? 'no answer'}`);
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const ended = await Promise.race([exited.then(() => true), pause(END_MS, false, { ref: false })]);
    if (!ended) problems.push(`it did not end within ${END_MS} ms of SIGTERM`);
    this.process.kill('SIGKILL');
    return problems;
  }
}
