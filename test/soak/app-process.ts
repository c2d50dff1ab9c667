import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Order, Sample, SoakAppSettings, Told } from './messages';

const ANSWER_MS = 60_000;
/** How long the process may take to end after the app is closed. */
const END_MS = 10_000;

export interface Ending {
  readonly closeMs: number;
  readonly left: readonly string[];
  /** `still running` where it had to be killed. */
  readonly exit: string;
}

/** The app under soak, in a process of its own. */
export class AppProcess {
  /** Lines of its output that must not occur: warnings of Node, errors, keys. */
  readonly alarms: string[] = [];
  lines = 0;
  url = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly isSecret: (line: string) => boolean,
  ) {
    for (const stream of [child.stdout!, child.stderr!]) this.#listen(stream);
  }

  static async start(settings: SoakAppSettings, isSecret: (line: string) => boolean): Promise<AppProcess> {
    const child = fork(join(__dirname, 'app.child.js'), [], {
      execArgv: ['--expose-gc', '--trace-warnings'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1', SOAK_APP: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const app = new AppProcess(child, isSecret);
    app.url = (await app.#answer('ready')).url;
    return app;
  }

  async sample(): Promise<Sample> {
    const answer = this.#answer('sample');
    this.#order({ do: 'sample' });
    return (await answer).sample;
  }

  async close(): Promise<Ending> {
    const exited = once(this.child, 'exit').then(([code, signal]) => String(signal ?? code));
    const answer = this.#answer('closed');
    this.#order({ do: 'close' });
    const { closeMs, left } = await answer;
    return { closeMs, left, exit: await withinOr(exited, END_MS, 'still running') };
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  #order(order: Order): void {
    this.child.send(order);
  }

  #answer<K extends Told['kind']>(kind: K): Promise<Extract<Told, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.child.off('message', heard);
        this.child.off('exit', ended);
      };
      const heard = (told: Told): void => {
        if (told.kind !== kind) return;
        done();
        resolve(told as Extract<Told, { kind: K }>);
      };
      const fail = (why: string): void => {
        done();
        reject(new Error(`${why}\n${this.alarms.join('\n')}`));
      };
      const ended = (code: number | null): void => fail(`the app under soak ended with code ${code}`);
      const timer = setTimeout(() => fail(`the app under soak did not answer: ${kind}`), ANSWER_MS);
      this.child.on('message', heard);
      this.child.on('exit', ended);
    });
  }

  #listen(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.lines += 1;
      if (this.isSecret(line)) this.alarms.push('a line of the log held a key');
      else if (/\bERROR\b|Warning:|UnhandledPromise|^\s+at /.test(line)) this.alarms.push(line);
    });
  }
}

async function withinOr<T>(promise: Promise<T>, ms: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => (timer = setTimeout(() => resolve(otherwise), ms)));
  const result = await Promise.race([promise, late]);
  clearTimeout(timer);
  return result;
}
