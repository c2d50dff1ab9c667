import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { BufferedConsole } from '@jest/console';
import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import type { Circus } from '@jest/types';
import { TestEnvironment } from 'jest-environment-node';
import { placeCanary } from './canary';
import { describeLeak, Recorder } from './recorder';
import { tapNetwork } from './taps/network';
import { tapOutput, tapProcesses } from './taps/processes';
import { recordWith } from './taps/taps';

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

// This file is loaded once in each of Jest's processes.
tapNetwork();
tapProcesses();

/** What one test file adds to the counts of the run. */
export type FileCounts = Recorder['counts'] & { file: string; leaks: number };

/** Jest's environment for Node. Searches everything that leaves the process for the secrets of the tests. */
export default class CanaryEnvironment extends TestEnvironment {
  readonly #recorder = new Recorder();
  readonly #console: BufferedConsole;
  readonly #file: string;
  /** How many leaks were reported already. */
  #told = 0;

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    // In a run of one file Jest's console writes to stderr and buffers nothing.
    this.#console = context.console as BufferedConsole;
    this.#file = relative(config.globalConfig.rootDir, context.testPath);
  }

  override async setup(): Promise<void> {
    await super.setup();
    new Headers(); // Node makes its dispatcher when fetch is first touched.
    // @google/genai looks for it on the global object.
    Reflect.set(this.global, DISPATCHER, Reflect.get(globalThis, DISPATCHER));
    placeCanary(this.global, this.#recorder);
    const { stdout, stderr } = this.global.process;
    // The test's global has stream objects of its own for the same files.
    if (stdout !== process.stdout) tapOutput(stdout, 'stdout');
    if (stderr !== process.stderr) tapOutput(stderr, 'stderr');
    recordWith(this.#recorder);
  }

  handleTestEvent(event: Circus.AsyncEvent | Circus.SyncEvent, state: Circus.State): void {
    if (event.name === 'test_start') this.#recorder.during = nameOf(event.test);
    else if (event.name === 'test_done') this.#recorder.flush();
    else if (event.name === 'run_finish') {
      for (const { message } of this.#console.getBuffer() ?? []) this.#recorder.output('console', `${message}\n`);
      const leak = this.#leak();
      if (leak) state.unhandledErrors.push(leak);
    }
  }

  override async teardown(): Promise<void> {
    // Output after the last test.
    const leak = this.#leak();
    recordWith(undefined);
    await super.teardown();
    const { leaks, counts } = this.#recorder;
    const { CANARY_FIGURES } = process.env;
    const figures: FileCounts = { file: this.#file, leaks: leaks.length, ...counts };
    if (CANARY_FIGURES) appendFileSync(CANARY_FIGURES, `${JSON.stringify(figures)}\n`);
    if (leak) throw leak;
  }

  /** The leaks found since the last call, as an error that fails the test file. */
  #leak(): Error | undefined {
    this.#recorder.flush();
    const leaks = this.#recorder.leaks.slice(this.#told);
    if (leaks.length === 0) return undefined;
    this.#told += leaks.length;
    const error = new Error(`${this.#file} leaks.\n\n${leaks.map(describeLeak).join('\n')}\n`);
    error.stack = error.message;
    return error;
  }
}

function nameOf(test: Circus.TestEntry): string {
  const names: string[] = [test.name];
  for (let block: Circus.DescribeBlock | undefined = test.parent; block?.parent; block = block.parent)
    names.unshift(block.name);
  return names.join(' › ');
}
