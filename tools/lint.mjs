// Runs all checks of the code, or those that are named: `npm run lint -- eslint types`. As many run at once as there are cores. Prints
// one line per check, and the whole output of a check that fails.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, resolve } from 'node:path';

const ROOTS = ['src', 'test', 'demo', 'bench', 'examples'].filter((folder) => existsSync(folder));
const CHECKS = {
  eslint: 'eslint . --cache --cache-location .build/eslint --cache-strategy content --max-warnings 0',
  types: 'tsc --noEmit -p tsconfig.json --incremental --tsBuildInfoFile .build/types.tsbuildinfo',
  prettier: 'prettier --check . --cache --cache-location .build/prettier --log-level warn',
  layers: `depcruise ${ROOTS.join(' ')} --config .dependency-cruiser.cjs`,
  drawing: 'node tools/draw-layers.mjs --check',
  paths: 'node tools/check-paths.mjs',
  unused: 'knip --no-progress',
  docs: 'node tools/check-docs.mjs',
  'docs are of the code': 'node tools/make-docs.mjs --check',
  lock: 'node tools/check-lock.mjs',
  security: 'node tools/check-security.mjs',
};

const UI = 'src/key-management/dashboard/ui/tsconfig.json';
if (existsSync(UI)) CHECKS['dashboard types'] = `tsc --noEmit -p ${UI}`;

const env = { ...process.env, PATH: `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}` };

function run(command) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, { shell: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) => resolve({ passed: code === 0, output: output.trim() }));
  });
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CHECKS));
if (unknown.length > 0) throw new Error(`No such check: ${unknown}. There are: ${Object.keys(CHECKS).join(', ')}.`);

const waiting = asked.length > 0 ? asked : Object.keys(CHECKS);
async function work() {
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    const startedAt = performance.now();
    const { passed, output } = await run(CHECKS[name]);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    if (passed) continue;
    console.log(`\n> ${CHECKS[name]}\n${output}\n`);
    process.exitCode = 1;
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work));
