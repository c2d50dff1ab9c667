import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import packageJson from '../../package.json';

const ROOT = resolve(__dirname, '../..');

/** A package whose `npm start` is ours, with a `dist/main.js` that compiles the app's source as it goes: no build is needed. */
function packageToStart(): string {
  const folder = mkdtempSync(join(tmpdir(), 'akm-npm-start-'));
  mkdirSync(join(folder, 'dist'));
  const [runner, main] = ['test/support/ts-child.cjs', 'src/main.ts'].map((path) =>
    JSON.stringify(resolve(ROOT, path)),
  );
  const script = `console.log('pid', process.pid); require(${runner!}); require(${main!});`;
  writeFileSync(join(folder, 'dist/main.js'), script);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: packageJson.scripts.start } }));
  return folder;
}

/** Resolves when the app listens, with its process id. */
async function started(npm: ChildProcess): Promise<number> {
  let pid = 0;
  const output: string[] = [];
  for await (const line of createInterface({ input: npm.stdout! })) {
    output.push(line);
    const named = /^pid (\d+)$/.exec(line);
    if (named) pid = Number(named[1]);
    if (line.includes('Listening on')) return pid;
  }
  throw new Error(`The app did not start:\n${output.join('\n')}`);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('npm start', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'E10: %s to npm ends the app, and leaves no process behind',
    async (signal) => {
      const folder = packageToStart();
      const npm = spawn('npm', ['start'], {
        cwd: folder,
        env: { ...process.env, KEY_STORE: 'memory', PORT: '0', NO_COLOR: '1', npm_config_update_notifier: 'false' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(npm, 'exit');
      const pid = await started(npm);
      expect(isAlive(pid)).toBe(true);
      // Whoever holds the pipe still runs: it closes with the last of them.
      const closed = once(npm, 'close');
      npm.kill(signal);
      npm.stdout.resume();
      await Promise.all([ended, closed]);
      expect(isAlive(pid)).toBe(false);
      rmSync(folder, { recursive: true });
    },
  );
});
