// The newest majors of the vendors' SDKs, all in one app outside of this repository. Each cell is a process of its own (sdk-app/app.mjs).
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmInstall, writeJson } from './install.mjs';
import { run, twoAtATime } from './run.mjs';
import { compile } from './types.mjs';
import { running, SDK_APP, SDKS } from './versions.mjs';

const APP_FILES = 'tools/compat/sdk-app';
const EXAMPLES = ['openai', 'anthropic', 'google', 'vercel-ai', 'langchain'];
const US = 'nestjs-ai-key-management';
const KINDS = ['plain', 'streamed'];

async function install(folder, tarball) {
  const app = join(folder, 'sdks');
  mkdirSync(app);
  const packages = Object.assign({}, ...SDKS.map((sdk) => sdk.packages));
  writeJson(join(app, 'package.json'), {
    private: true,
    type: 'module',
    dependencies: { ...SDK_APP, ...packages, [US]: `file:${tarball}` },
  });
  await npmInstall(app, '--strict-peer-deps', '--ignore-scripts');
  cpSync(APP_FILES, app, { recursive: true });
  return app;
}

/** Compiles the examples of this repository as a user would who copied them. Resolves with the errors, if there are any. */
async function compileExamples(app) {
  const folder = join(app, 'examples');
  mkdirSync(folder);
  for (const name of EXAMPLES) {
    const source = readFileSync(`examples/sdks/${name}.ts`, 'utf8');
    writeFileSync(join(folder, `${name}.ts`), source.replaceAll('../../src/key-management', US));
  }
  const compilerOptions = {
    target: 'es2022',
    // Servers are compiled without the types of the DOM.
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    // The types of some SDKs need those of the DOM, or of packages that they do not install.
    skipLibCheck: true,
  };
  writeJson(join(folder, 'tsconfig.json'), { compilerOptions, include: ['*.ts'] });
  const { ours } = await compile({ app, name: 'examples' });
  return ours.join('\n');
}

/** @returns {Promise<Record<'plain' | 'streamed', string | undefined>>} what went wrong */
async function tryCell(app, binary, cell) {
  const { passed, stdout, output } = await run(binary, ['app.mjs', cell], { cwd: app });
  const found = passed ? JSON.parse(stdout) : undefined;
  return Object.fromEntries(KINDS.map((kind) => [kind, found ? found[kind].join('\n') || undefined : output]));
}

const nameOf = ({ cell, packages }) => {
  const names = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [names.join(' + '), ...cell.split(' ').slice(1)].join(', ');
};

/** Which SDK is tried on which Node: the running one or, where that is too old for the SDK, the first that is not; all with `isWhole`. */
function plan(nodes, isWhole) {
  const isNewEnough = ({ major }, sdk) => Number(major) >= sdk.node;
  const onRunning = nodes.filter(({ version }) => version === running);
  return SDKS.flatMap((sdk) => {
    const first = onRunning.find((node) => isNewEnough(node, sdk)) ?? nodes.find((node) => isNewEnough(node, sdk));
    const asked = isWhole ? nodes : [...new Set([...onRunning, first])].filter(Boolean);
    return asked.map((node) => ({ node, sdk, needs: isNewEnough(node, sdk) ? undefined : sdk.node }));
  });
}

/** Resolves with the errors of the examples' types, if any, and with what became of each cell; `needs` says why one was left out. */
export async function trySdks({ folder, tarball, nodes, isWhole }) {
  const app = await install(folder, tarball);
  const types = await compileExamples(app);
  const cells = await twoAtATime(plan(nodes, isWhole), async ({ node, sdk, needs }) => ({
    node: node.version,
    name: nameOf(sdk),
    needs,
    problems: needs ? undefined : await tryCell(app, node.binary, sdk.cell),
  }));
  return { types: types || undefined, cells };
}
