// Installs what the benchmarks compare with, if it is missing; compiles; runs. `npm run bench -- overhead choice` runs some.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);

function step(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(join(here, 'node_modules'))) {
  // ai 7 asks for Node 22 and works with 20; the gateway's install script patches what only its own developers use.
  step('npm', ['ci', '--prefix', here, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']);
}
step(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.tools.json')]);
step(process.execPath, [join(root, '.build/bench/main.js'), ...process.argv.slice(2)]);
