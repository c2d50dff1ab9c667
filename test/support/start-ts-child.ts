import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export interface TsChild {
  process: ChildProcess;
  /** The child's standard output, line by line. */
  lines: Interface;
  /** Resolves when the child has ended, with its exit code (null after a signal) and its standard error. */
  ended: Promise<{ code: number | null; stderr: string }>;
}

/** Starts a TypeScript file (its path from the repository's root) as a process of its own. */
export function startTsChild(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): TsChild {
  const root = resolve(__dirname, '../..');
  const child = spawn(process.execPath, [resolve(__dirname, 'ts-child.cjs'), resolve(root, script), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; stderr: string }>((done) =>
    child.once('close', (code) => done({ code, stderr })),
  );
  return { process: child, lines: createInterface({ input: child.stdout }), ended };
}
