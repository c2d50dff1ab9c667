import { startTsChild, type TsChild } from '../../support/start-ts-child';
import type { Scenario, ScenarioResult } from './scenario';

/** Only a scenario that hangs takes this long, even on a busy machine. The long form does five times as much. */
const LIMIT_MS = 300_000;
const LONG_LIMIT_MS = 900_000;
/** Variables of this machine's environment that the app under test must not see. */
const ENVIRONMENT = { OPENAI_API_KEYS: '', REDIS_URL: '', FIREBASE_URL: '', NODE_ENV: 'test' };

/** Runs scenarios in a process of their own, so that one that crashes or hangs is a failure and not the end of the run. */
export class Runner {
  #child: TsChild | undefined;

  constructor(private readonly isShort: boolean) {}

  async run(name: string, { promised }: Scenario): Promise<ScenarioResult> {
    const limitMs = this.isShort ? LIMIT_MS : LONG_LIMIT_MS;
    const child = (this.#child ??= startTsChild(
      'test/chaos/harness/runner.child.ts',
      [this.isShort ? 'short' : 'long'],
      ENVIRONMENT,
    ));
    const startedAt = performance.now();
    const failed = (why: string): ScenarioResult => {
      this.#child = undefined;
      return { scenario: name, promised, injected: {}, seen: [], broken: [why], ms: performance.now() - startedAt };
    };
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        child.process.kill('SIGKILL');
        resolve(failed(`hung: not over after ${limitMs} ms`));
      }, limitMs);
      const take = (line: string): void => {
        const result = resultIn(line);
        if (result) end(result);
      };
      const end = (result: ScenarioResult): void => {
        clearTimeout(timer);
        child.lines.off('line', take);
        resolve(result);
      };
      child.lines.on('line', take);
      void child.ended.then(({ code, stderr }) => end(failed(`the process ended (${code}): ${stderr.slice(-2_000)}`)));
      child.process.stdin!.write(`${name}\n`);
    });
  }

  /** The process must end by itself when its input ends. */
  async close(): Promise<boolean> {
    const child = this.#child;
    if (!child) return true;
    child.process.stdin!.end();
    const timer = setTimeout(() => child.process.kill('SIGKILL'), 60_000);
    const { code } = await child.ended;
    clearTimeout(timer);
    return code === 0;
  }
}

/** The result in a line of output; undefined for lines that libraries print. */
function resultIn(line: string): ScenarioResult | undefined {
  try {
    return (JSON.parse(line) as { result?: ScenarioResult }).result;
  } catch {
    return undefined;
  }
}
