// Apps as the Nest CLI makes them, into which the package is installed by the line of the README and imported by `nest add`. Their own tests
// run by the CLI's own set-up and end without a word of complaint; they are built, bundled whole, and the bundle serves a call and ends.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { INSTALL } from './bare.mjs';
import { run } from './run.mjs';
import { endedWell, startApp, STEP_LIMIT_MS, within } from './started-app.mjs';
import { KEYS, startVendor } from './vendor.mjs';
import { CLI_APPS, VITEST } from './versions.mjs';

const FILES = resolve('tools/compat/cli');
const ESBUILD = resolve('node_modules/.bin/esbuild');
const TOKEN = 'compat-admin-token-0001';
/** A step that takes longer hangs: on a machine with other work an installation takes minutes. */
const STEP_MS = 900_000;
/** The runners' own limits say how busy the machine is, not whether the app works. */
const PATIENT = { jest: ['--testTimeout=120000'], vitest: ['--testTimeout=120000', '--hookTimeout=120000'] };
/** What looks at the code of an app, and neither tests nor builds it. */
const LINTERS = /eslint|oxlint|prettier|globals|coverage|@nestjs\/mau/;
/** What a test run must not say, though it ends with 0. */
const COMPLAINT =
  /\b(?:error|warn(?:ing)?|deprecat\w*|open handles?|did not exit|exit gracefully|leak\w*|failed|fail)\b/i;
const COMPLAINT_OF_NODE = /\(node:\d+\)|DeprecationWarning|Unhandled|\bERROR\b/;

/** Pairs that stand for all in CI, or all of them. */
export const cliApps = (isWhole) => CLI_APPS.filter(({ isInCi }) => isWhole || isInCi);

/** @returns the steps, each with the reason of its failure or undefined; what comes after a failure is not tried */
export async function tryCliApp(settings, { folder, tarball, nodes, pnpm }) {
  const { major, manager, place = nodes.length - 1 } = settings;
  const node = nodes[Math.min(place, nodes.length - 1)];
  const programs = { npm: ['npm'], pnpm };
  const cwd = join(folder, `cli-${major}-${manager}`);
  const vendor = await startVendor();
  const context = { ...settings, cwd, folder, tarball, node, vendor, program: programs[manager] };
  const steps = [
    ['made and installed', make],
    ...settings.tests.map((runner) => [runner, (each) => test(each, runner)]),
    ['nest build', (each) => quietly(each, nest('build'))],
    ...settings.bundlers.map((bundler) => [bundler, (each) => bundle(each, bundler)]),
  ];
  const results = [];
  try {
    for (const [name, step] of steps) {
      const problem = await step(context).catch((error) => error.stack);
      results.push({ name: `${name.padEnd(18)} Node ${node.version}`, problem });
      if (problem) break;
    }
  } finally {
    await vendor.close();
  }
  return results;
}

const nest = (...args) => ['node', 'node_modules/@nestjs/cli/bin/nest.js', ...args];

/** Runs a command of the app on its version of Node, without the environment of this process. */
const execute = ({ cwd, node, vendor }, [command, ...args], more = {}) =>
  run(command, args, {
    cwd,
    limitMs: STEP_MS,
    env: {
      PATH: [dirname(node.binary), process.env.PATH].join(delimiter),
      HOME: process.env.HOME,
      // How this machine reaches its registry: without it, only what npm has in its cache can be installed.
      ...(process.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }),
      NO_COLOR: '1',
      // As a developer's own environment has it.
      OPENAI_API_KEYS: KEYS.openai.join(),
      OPENAI_BASE_URL: `${vendor.url}/v1`,
      ...more,
    },
  });

async function quietly(context, command, complaint) {
  const { passed, output } = await execute(context, command);
  if (!passed) return `${command.join(' ')}\n${output}`;
  return complaint?.test(output) ? `${command.join(' ')} says:\n${output}` : undefined;
}

async function make(context) {
  const { major, cli, manager, program, folder, tarball } = context;
  if (!/^npm i nestjs-ai-key-management\b/m.test(readFileSync('README.md', 'utf8')))
    return 'The README has another install line: let the apps be installed by it.';
  const made = await execute(
    { ...context, cwd: folder },
    // Its own installation would take the linters, too.
    [
      'npx',
      '--yes',
      `@nestjs/cli@${cli}`,
      'new',
      `cli-${major}-${manager}`,
      '--skip-git',
      '--skip-install',
      '--package-manager',
      manager,
    ],
  );
  if (!made.passed) return made.output;
  prepare(context);
  const [verb, ...quiet] = INSTALL[manager];
  for (const args of [
    ['install', ...quiet, '--prefer-offline'],
    [verb, tarball, ...quiet],
  ]) {
    const problem = await quietly(context, [...program, ...args]);
    if (problem) return problem;
  }
  const added = await quietly(context, nest('add', 'nestjs-ai-key-management', '--skip-install'));
  if (added) return added;
  addCode(context);
  return undefined;
}

/** The app's own set-up of tests stays, in the version that is asked for. */
function prepare({ cwd, tests }) {
  const path = join(cwd, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const kept = Object.entries(manifest.devDependencies).filter(([name]) => !LINTERS.test(name));
  manifest.devDependencies = Object.fromEntries(kept);
  if (tests.includes('vitest')) {
    const isGiven = 'vitest' in manifest.devDependencies;
    Object.assign(manifest.devDependencies, { vitest: VITEST.vitest }, isGiven ? {} : VITEST.swc);
    if (!isGiven) cpSync(join(FILES, 'vitest.config.mts'), join(cwd, 'vitest.config.mts'));
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

function addCode({ cwd, isEsm }) {
  const ending = isEsm ? '.js' : '';
  const change = (path, ...changes) => {
    let code = readFileSync(path, 'utf8');
    for (const [from, to] of changes) {
      if (!code.includes(from)) throw new Error(`${path} has no "${from}":\n${code}`);
      code = code.replace(from, to);
    }
    writeFileSync(path, code);
  };
  const src = (name) => join(cwd, 'src', name);
  for (const name of ['chat.controller.ts', 'chat.controller.spec.ts']) cpSync(join(FILES, name), src(name));
  change(src('chat.controller.spec.ts'), ["'./chat.controller.js'", `'./chat.controller${ending}'`]);
  change(
    src('app.module.ts'),
    ['controllers: [', 'controllers: [ChatController, '],
    ['import', `import { ChatController } from './chat.controller${ending}';\nimport`],
  );
  change(
    src('main.ts'),
    ['  await app.listen(', '  app.enableShutdownHooks();\n  await app.listen('],
    ['\n}\n', '\n  console.log(`listening ${await app.getUrl()}`);\n}\n'],
  );
}

/** Unit tests, then the whole app of `test:e2e`, where the runner is the CLI's own. */
async function test(context, runner) {
  const isOwn = runner === (context.isEsm ? 'vitest' : 'jest');
  const patient = PATIENT[runner];
  const commands = isOwn
    ? ['test', 'test:e2e'].map((script) => ['npm', 'run', script, '--', ...patient])
    : [['node', 'node_modules/vitest/vitest.mjs', 'run', ...patient]];
  for (const command of commands) {
    const problem = await quietly(context, command, COMPLAINT);
    if (problem) return problem;
  }
  return undefined;
}

async function bundle(context, bundler) {
  const { cwd, isEsm } = context;
  const file = join(cwd, 'bundles', bundler, isEsm ? 'main.mjs' : 'main.js');
  mkdirSync(dirname(file), { recursive: true });
  const problem =
    bundler === 'webpack'
      ? await byWebpack(context, file)
      : await quietly(
          context,
          [ESBUILD, 'dist/main.js', ...esbuildOptions(isEsm), `--outfile=${file}`, '--log-level=warning'],
          /\S{3}/,
        );
  return problem ?? serve(context, file);
}

async function byWebpack(context, file) {
  cpSync(join(FILES, 'webpack.config.js'), join(context.cwd, 'webpack.config.js'));
  const problem = await quietly(context, nest('build', '--webpack'), /\b(?:error|warning)/i);
  if (!problem) cpSync(join(context.cwd, 'dist'), dirname(file), { recursive: true });
  return problem;
}

/** The options of the documentation. */
function esbuildOptions(isEsm) {
  const text = readFileSync('docs/in-your-app.md', 'utf8').replaceAll('\\\n', '');
  const command = [...text.matchAll(/^npx esbuild .*$/gm)]
    .map(([line]) => line)
    .find((line) => line.includes('--format=esm') === isEsm);
  return [...command.matchAll(/--[\w:@/.-]+(?:="[^"]*"|=\S+)?/g)]
    .map(([option]) => option.replaceAll('"', ''))
    .filter((option) => !option.startsWith('--outfile'));
}

/** The bundle answers a call by a managed call on loopback, and ends on SIGTERM. */
async function serve({ cwd, node, vendor }, file) {
  const started = startApp(node.binary, [file], {
    cwd,
    env: {
      PORT: '0',
      NO_COLOR: '1',
      KEY_STORE: 'memory',
      ADMIN_TOKEN: TOKEN,
      OPENAI_API_KEYS: KEYS.openai.join(),
      OPENAI_BASE_URL: `${vendor.url}/v1`,
    },
  });
  const { app, said, listening } = started;
  try {
    const url = await within(listening, STEP_LIMIT_MS, 'The bundle does not listen.');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const ask = async (path) => (await fetch(url + path, { headers, signal: AbortSignal.timeout(20_000) })).text();
    const chat = await ask('/chat');
    if (!chat.startsWith('{"answer":"hello"')) return `The bundle answered ${chat}\n${said.text}`;
    const metrics = await ask('/metrics');
    if (!/^ai_keys_build_info\{version="(?:unknown|0\.1\.0)"/m.test(metrics))
      return `The metrics are ${metrics.slice(0, 500)}`;
    const problem = await endedWell(started);
    if (problem) return `${problem}\n${said.text}`;
    return COMPLAINT_OF_NODE.test(said.text) ? `The bundle said:\n${said.text}` : undefined;
  } catch (error) {
    return `${error.stack}\n${said.text}`;
  } finally {
    app.kill('SIGKILL');
  }
}
