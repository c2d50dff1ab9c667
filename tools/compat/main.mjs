// `npm run compat`, after `npm run build`: checks the package, as npm would publish it, in every supported combination of Node, Nest,
// adapter and module system. `npm run compat -- 24 fastify` starts only the matching cells; `npm run compat -- public` only the part of that
// name (`sdk`, `public`, `cli`); `--keep` does not delete the apps afterwards; `--all` tries all pairs where otherwise some stand for all.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { tryBare } from './bare.mjs';
import { tryCell } from './cell.mjs';
import { cliApps, tryCliApp } from './cli-apps.mjs';
import { installAll, installPrograms, pack } from './install.mjs';
import { tryMissingPeers } from './missing-peers.mjs';
import { compilePublicApps, tryPublicApp } from './public-apps.mjs';
import { run, twoAtATime } from './run.mjs';
import { trySdks } from './sdk.mjs';
import { compile, unusedExports } from './types.mjs';
import { ADAPTERS, CONSUMERS, NESTS } from './versions.mjs';

const { version: packageVersion, main: entry } = JSON.parse(readFileSync('package.json', 'utf8'));
const isWhole = process.argv.includes('--all');
/** Parts that can be asked for by name. */
const PARTS = { sdk: sdksAll, public: bootPublic, cli: bootCli };
const asked = process.argv.slice(2).filter((each) => !['--keep', '--all'].includes(each));
const parts = asked.filter((each) => each in PARTS);
const only = asked.filter((each) => !(each in PARTS));
/** A consumer that is started must be compiled; the others are compiled only in a full run. */
const isAsked = (consumer) => only.length === 0 || consumer.startsWith('nodenext');
const failures = [];
let passes = 0;
const word = (name, problem) => {
  if (problem) failures.push(`${name}: ${problem}`);
  else passes += 1;
  return problem ? 'FAILED' : 'ok';
};
const began = performance.now();
const heading = (text) => console.log(`\n${text} (after ${((performance.now() - began) / 1_000).toFixed(0)} s)`);

async function lintPackage(tarball) {
  for (const [tool, ...args] of [
    ['attw', tarball],
    ['publint', 'run', tarball, '--strict'],
  ]) {
    const { passed, output } = await run(resolve('node_modules/.bin', tool), args);
    // publint ends with 0 also when it makes suggestions; only without any it prints `All good!`.
    const clean = passed && (tool !== 'publint' || /All good!/.test(output));
    console.log(tool.padEnd(16), word(tool, clean ? undefined : output));
  }
}

async function compileAll({ apps, compilerOf }) {
  const jobs = NESTS.flatMap(({ major }) =>
    CONSUMERS.filter(({ name, nests = [major] }) => nests.includes(major) && isAsked(name)).map((consumer) => ({
      ...consumer,
      major,
    })),
  );
  const results = await twoAtATime(jobs, ({ name, typescript, major }) =>
    compile({ app: apps.get(major), name, compiler: typescript && compilerOf(typescript) }),
  );
  jobs.forEach(({ name, major }, index) => {
    const { ours, others } = results[index];
    const aside = others.length > 0 ? ` (not ours: ${others.length} in ${[...new Set(others)].join(', ')})` : '';
    console.log(`Nest ${major} ${name}`.padEnd(24), word(`types, Nest ${major} ${name}`, ours.join('\n')) + aside);
  });
  const unused = unusedExports(apps.get(11)).join(', ');
  console.log('whole surface'.padEnd(24), word('surface.ts', unused && `does not use ${unused}`));
}

async function bootAll({ apps, nodes }) {
  const cells = nodes
    .flatMap((node) =>
      NESTS.flatMap(({ major }) =>
        ADAPTERS.flatMap((adapter) => ['cjs', 'esm'].map((kind) => ({ node, major, adapter, kind }))),
      ),
    )
    .filter(({ node, major, adapter }) => only.every((each) => [node.major, String(major), adapter].includes(each)));
  const results = await twoAtATime(cells, ({ node, major, adapter, kind }) =>
    tryCell({ node, adapter, packageVersion, folder: join(apps.get(major), `nodenext-${kind}`) }),
  );
  console.log('Node       Nest   adapter    CommonJS  ESM');
  for (let index = 0; index < cells.length; index += 2) {
    const { node, major, adapter } = cells[index];
    const name = `${node.version.padEnd(10)} ${String(major).padEnd(6)} ${adapter.padEnd(10)}`;
    const [cjs, esm] = ['CommonJS', 'ESM'].map((kind, offset) => word(`${name} ${kind}`, results[index + offset]));
    console.log(name, cjs.padEnd(9), esm);
  }
}

async function sdksAll({ nodes, folder, tarball }) {
  heading('The newest SDKs: a dead key is rotated');
  const asked = nodes.filter(({ major }) => only.every((each) => each === major));
  const { types, cells } = await trySdks({ folder, tarball, nodes: asked, isWhole });
  console.log('their examples'.padEnd(24), word('types, examples of the SDKs', types));
  for (const { node, name, needs, problems } of cells) {
    const line = `Node ${node} ${name}`.padEnd(56);
    if (needs) console.log(line, `skipped, needs Node ${needs}`);
    else
      console.log(
        line,
        ['plain', 'streamed'].map((kind) => `${kind} ${word(`${name} ${kind}`, problems[kind])}`).join(', '),
      );
  }
}

async function bootPublic({ apps, nodes }) {
  heading('Public apps: prefix, versions, guards, throttler, envelope, health, metrics and Swagger of their own');
  const pairs = NESTS.flatMap(({ major }, index) =>
    ADAPTERS.filter((_, place) => isWhole || place === index).map((adapter) => ({ major, adapter })),
  );
  for (const { major } of NESTS) {
    const name = `Nest ${major} types`;
    console.log(name.padEnd(24), word(`public ${name}`, await compilePublicApps(apps.get(major))));
  }
  // The first pair on the oldest Node, the second on the newest.
  const cells = pairs.flatMap(({ major, adapter }, index) =>
    nodes
      .filter((_, place) => isWhole || place === index * (nodes.length - 1))
      .map((node) => ({ node, major, adapter })),
  );
  const problems = await twoAtATime(cells, ({ node, major, adapter }) =>
    tryPublicApp({ node, adapter, app: apps.get(major) }),
  );
  cells.forEach(({ node, major, adapter }, index) => {
    const name = `Nest ${major} ${adapter} ${node.version}`;
    console.log(name.padEnd(24), word(`public ${name}`, problems[index]));
  });
}

async function bootCli(installed) {
  heading('Apps of the Nest CLI: tested, built, bundled');
  const results = await twoAtATime(cliApps(isWhole), async (settings) => ({
    name: `Nest ${settings.major} ${settings.manager}`,
    steps: await tryCliApp(settings, installed),
  }));
  for (const { name, steps } of results)
    for (const { name: step, problem } of steps)
      console.log(`${name.padEnd(14)} ${step}`.padEnd(48), word(`cli ${name} ${step}`, problem));
}

async function main(folder) {
  if (!existsSync(entry)) throw new Error('There is no build to try: run `npm run build` first.');
  const tarball = await pack(folder);
  if (parts.length > 0) {
    const needsApps = parts.includes('public');
    const installed = await (needsApps ? installAll(folder, tarball) : installPrograms(folder));
    for (const part of parts) await PARTS[part]({ ...installed, folder, tarball });
    return;
  }
  heading('The package');
  await lintPackage(tarball);
  const installed = await installAll(folder, tarball);
  heading('Types: strict, skipLibCheck: false');
  await compileAll(installed);
  heading('Booted from the tarball');
  await bootAll(installed);
  if (only.length === 0) {
    await bootPublic(installed);
    await bootCli({ ...installed, folder, tarball });
  }
  heading('A plain Nest app, and `npm i` of this package alone');
  const managers = { npm: ['npm'], pnpm: installed.pnpm };
  // Each version of Nest and each manager once; all pairs with `--all`.
  const pairs = NESTS.flatMap((nest, index) =>
    Object.keys(managers)
      .filter((_, place) => isWhole || place === index % 2)
      .map((manager) => ({ nest, manager })),
  );
  for (const { nest, manager } of pairs) {
    const problem = await tryBare(nest, folder, tarball, { manager, program: managers[manager] });
    const name = `Nest ${nest.major} ${manager}`;
    console.log(name.padEnd(24), word(`bare ${name}`, problem));
  }
  if (only.length === 0) await sdksAll({ ...installed, folder, tarball });
  heading('Peers');
  const problems = await tryMissingPeers(installed.apps.get(12));
  console.log('a missing peer is named', word('peers', problems.join('\n')));
}

const folder = mkdtempSync(join(tmpdir(), 'compat-'));
try {
  await main(folder);
} finally {
  if (process.argv.includes('--keep')) console.log(folder);
  else rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.error(`\n${failure}`);
heading(`${passes} passed, ${failures.length} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
