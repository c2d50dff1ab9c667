import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve('.build/fuzz-venv');
const REQUIREMENTS = join(__dirname, '../../../test/fuzz/requirements.txt');
const INSTALL_MS = 300_000;

/** Made once, and anew when the pinned version changes. Undefined where there is no Python or no package index. */
export function schemathesis(): { program: string } | { missing: string } {
  const program = join(FOLDER, 'bin/schemathesis');
  const stamp = join(FOLDER, 'requirements.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(program) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { program };
  if (spawnSync('python3', ['--version']).status !== 0) return { missing: 'python3 is not installed' };
  if (!run('python3', ['-m', 'venv', '--clear', FOLDER])) return { missing: 'python3 has no venv' };
  const pip = ['install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS];
  if (!run(join(FOLDER, 'bin/pip'), pip)) return { missing: 'schemathesis could not be installed' };
  writeFileSync(stamp, wanted);
  return { program };
}

const run = (program: string, args: readonly string[]): boolean =>
  spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_MS }).status === 0;
