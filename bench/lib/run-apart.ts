import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Keeps compiled code: with a large heap V8 would discard between two slices what it compiled for the first. */
const EXEC_ARGV = ['--expose-gc', '--no-flush-bytecode'];

/** What `measure` of the benchmark's main file finds, in a process of its own. */
export async function runApart<T>(name: string, flags: readonly string[] = []): Promise<T> {
  const child = fork(join(__dirname, '../child.js'), [name, ...flags], { execArgv: EXEC_ARGV });
  const exited = once(child, 'exit');
  const found = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
  await exited;
  if (!found) throw new Error(`the benchmark ${name} ended without a report`);
  return found[0] as T;
}
