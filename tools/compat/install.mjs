// Packs the package and installs it into empty apps outside of this repository, so that no import resolves to a file of the repository.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSUMERS, NESTS, NODES, PNPM, PUBLIC_CONSUMERS } from './versions.mjs';
import { mustRun, twoAtATime } from './run.mjs';

const CONSUMER_FILES = 'tools/compat/consumer';
const PUBLIC_FILES = 'tools/compat/public';
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
export const npmInstall = (cwd, ...flags) => mustRun('npm', ['install', ...QUIET, ...flags], { cwd });

export const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

export async function pack(folder) {
  await mustRun('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]);
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
}

/** `--strict-peer-deps`: our peer ranges must fit Nest's. `--ignore-scripts`: many users install so, and the package must work then. */
async function installApp({ major, layout, dependencies }, folder, tarball) {
  const app = join(folder, `nest-${major}`);
  mkdirSync(app);
  const all = { ...dependencies, 'nestjs-ai-key-management': `file:${tarball}` };
  writeJson(join(app, 'package.json'), { private: true, dependencies: all });
  await npmInstall(app, `--install-strategy=${layout}`, '--strict-peer-deps', '--ignore-scripts');
  for (const consumer of CONSUMERS.filter(({ nests = [major] }) => nests.includes(major))) addConsumer(app, consumer);
  addConsumer(app, PUBLIC_CONSUMERS[major], PUBLIC_FILES);
  return app;
}

/** Makes one folder per way to compile; all have the same sources. */
function addConsumer(
  app,
  { name, type, module, moduleResolution = module, ignoreDeprecations },
  files = CONSUMER_FILES,
) {
  const folder = join(app, name);
  cpSync(files, folder, { recursive: true });
  writeJson(join(folder, 'package.json'), { private: true, type });
  const compilerOptions = {
    target: 'ES2022',
    // Servers are compiled without the types of the DOM.
    lib: ['ES2023'],
    module,
    moduleResolution,
    ignoreDeprecations,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    declaration: true,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'out',
  };
  writeJson(join(folder, 'tsconfig.json'), { compilerOptions, include: ['*.ts'] });
}

/** Installs from npm the other versions of Node and of TypeScript, and pnpm. */
export async function installPrograms(folder) {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  const missing = NODES.filter(({ binary }) => !binary);
  const nodes = missing.map(({ major, version }) => [
    `node-${major}`,
    `npm:node-${process.platform}-${process.arch}@${version}`,
  ]);
  const compilers = CONSUMERS.flatMap(({ typescript }) =>
    typescript ? [[`typescript-${typescript}`, `npm:typescript@${typescript}`]] : [],
  );
  writeJson(join(programs, 'package.json'), {
    private: true,
    dependencies: Object.fromEntries([...nodes, ...compilers, ['pnpm', PNPM]]),
  });
  await npmInstall(programs, '--ignore-scripts');
  const at = (name, ...path) => join(programs, 'node_modules', name, ...path);
  return {
    nodes: NODES.map((node) => ({ ...node, binary: node.binary ?? at(`node-${node.major}`, 'bin/node') })),
    pnpm: [process.execPath, at('pnpm', 'bin/pnpm.cjs')],
    compilerOf: (version) => at(`typescript-${version}`, 'bin/tsc'),
  };
}

export async function installAll(folder, tarball) {
  const [programs, ...apps] = await twoAtATime(
    [() => installPrograms(folder), ...NESTS.map((nest) => () => installApp(nest, folder, tarball))],
    (install) => install(),
  );
  return { ...programs, apps: new Map(NESTS.map(({ major }, index) => [major, apps[index]])) };
}
