import { spawn } from 'node:child_process';

/** Runs a program to its end, within the time limit; resolves with its output. */
export function run(command, args, { cwd, limitMs = 180_000, env = process.env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let stdout = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.stdout.on('data', (data) => ((stdout += data), (output += data)));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ passed: code === 0, stdout, output: output.trim() || String(signal ?? code) });
    });
  });
}

export async function mustRun(command, args, options) {
  const { passed, stdout, output } = await run(command, args, options);
  if (!passed) throw new Error(`${command} ${args.join(' ')}\n${output}`);
  return stdout;
}

/** Runs two jobs at a time, one per core of CI. */
export async function twoAtATime(items, work) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]);
  };
  await Promise.all([worker(), worker()]);
  return results;
}
