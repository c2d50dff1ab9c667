// The versions that the package is tested with. Raise one when it is shown to work. The README names the supported ranges.
import { readFileSync } from 'node:fs';

const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** Versions of Node that npm installs, unless this process runs on the same major version. */
const FROM_NPM = { 20: '20.20.2', 22: '22.23.3', 24: '24.9.0' };
export const running = process.versions.node;
export const NODES = Object.entries(FROM_NPM).map(([major, version]) =>
  running.startsWith(`${major}.`) ? { major, version: running, binary: process.execPath } : { major, version },
);

const COMMON = {
  '@fastify/static': '10.1.11',
  // Of the public apps; one version for both of Nest.
  '@nestjs/jwt': '12.0.2',
  '@nestjs/throttler': '6.7.1',
  // As in Nest's starter app: the types of its Express platform need them.
  '@types/express': '5.0.6',
  '@types/node': devDependencies['@types/node'],
  'reflect-metadata': devDependencies['reflect-metadata'],
  rxjs: devDependencies.rxjs,
  typescript: devDependencies.typescript,
};
const developedOn = (name) => [`@nestjs/${name}`, devDependencies[`@nestjs/${name}`]];
const PARTS = ['common', 'core', 'platform-express', 'platform-fastify', 'schedule', 'swagger', 'terminus'];

export const NESTS = [
  { major: 11, layout: 'hoisted', dependencies: { ...Object.fromEntries(PARTS.map(developedOn)), ...COMMON } },
  {
    major: 12,
    // A package can import only what it declares, nearly as under Yarn's Plug'n'Play.
    layout: 'linked',
    dependencies: {
      '@nestjs/common': '12.5.1',
      '@nestjs/core': '12.5.1',
      '@nestjs/platform-express': '12.5.1',
      '@nestjs/platform-fastify': '12.5.0',
      '@nestjs/schedule': '12.0.2',
      '@nestjs/swagger': '12.0.2',
      '@nestjs/terminus': '12.1.0',
      ...COMMON,
    },
  },
];

const OPENAI = { openai: '7.59.0' };
const AI = { ai: '7.0.173' };
const LANGCHAIN_OPENAI = { '@langchain/openai': '1.6.0' };
/**
 * The newest majors of the vendors' SDKs, by the cells of sdk-app/cells.mjs. The tests of this repository run on the majors before, which
 * work on Node 20, too; `node` is the first major version of Node that the SDK itself supports.
 */
export const SDKS = [
  { cell: 'openai', packages: OPENAI, node: 22 },
  { cell: 'openai responses', packages: OPENAI, node: 22 },
  { cell: '@anthropic-ai/sdk', packages: { '@anthropic-ai/sdk': '1.14.0' }, node: 20 },
  { cell: '@google/genai', packages: { '@google/genai': '3.3.0' }, node: 22 },
  { cell: '@ai-sdk/openai', packages: { ...AI, '@ai-sdk/openai': '4.0.118' }, node: 22 },
  { cell: '@ai-sdk/anthropic', packages: { ...AI, '@ai-sdk/anthropic': '4.0.105' }, node: 22 },
  { cell: '@ai-sdk/google', packages: { ...AI, '@ai-sdk/google': '4.0.121' }, node: 22 },
  { cell: '@langchain/openai', packages: LANGCHAIN_OPENAI, node: 22 },
  { cell: 'langchain', packages: { langchain: '1.5.14', ...LANGCHAIN_OPENAI }, node: 22 },
];
const NEST_APP = Object.fromEntries(
  ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs', '@types/node', 'typescript'].map((name) => [
    name,
    NESTS[1].dependencies[name],
  ]),
);
/** What the app with the SDKs needs besides. */
export const SDK_APP = {
  ...NEST_APP,
  // A peer of LangChain's packages.
  '@langchain/core': '1.4.0',
};

/** The package manager beside npm. */
export const PNPM = '10.34.9';

export const ADAPTERS = ['express', 'fastify'];

/** How consumers compile. `nests` limits the versions of Nest: TypeScript refuses Nest 12 in CommonJS under `node16`. */
export const CONSUMERS = [
  { name: 'nodenext-cjs', type: 'commonjs', module: 'nodenext' },
  { name: 'nodenext-esm', type: 'module', module: 'nodenext' },
  { name: 'node16-cjs', type: 'commonjs', module: 'node16', nests: [11] },
  { name: 'node16-esm', type: 'module', module: 'node16' },
  { name: 'bundler', type: 'module', module: 'esnext', moduleResolution: 'bundler' },
  { name: 'node10', type: 'commonjs', module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' },
  { name: 'oldest-ts-esm', type: 'module', module: 'nodenext', typescript: '5.7.3' },
  { name: 'newest-ts-esm', type: 'module', module: 'nodenext', typescript: '7.0.2' },
];

/** How the public apps are compiled, by the version of Nest: as its own starter app is. */
export const PUBLIC_CONSUMERS = {
  11: { name: 'public', type: 'commonjs', module: 'nodenext' },
  12: { name: 'public', type: 'module', module: 'nodenext' },
};

/** Beside Jest, which the CLI of Nest 11 gives; with what lets it compile decorators as that does. */
export const VITEST = { vitest: '5.1.2', swc: { 'unplugin-swc': '2.0.0', '@swc/core': devDependencies['@swc/core'] } };

const BY_CLI = {
  11: { major: 11, cli: '11.0.24', isEsm: false },
  12: { major: 12, cli: '12.0.8', isEsm: true },
};
/** Apps of the Nest CLI. `place` is that of the version of Node in `NODES`. The CLI of Nest 12 refuses webpack for apps in ES modules. */
export const CLI_APPS = [
  { ...BY_CLI[11], manager: 'npm', tests: ['jest'], bundlers: ['webpack'], place: 0, isInCi: true },
  { ...BY_CLI[12], manager: 'pnpm', tests: ['vitest'], bundlers: ['esbuild'], place: 2, isInCi: true },
  { ...BY_CLI[11], manager: 'pnpm', tests: ['jest', 'vitest'], bundlers: ['webpack', 'esbuild'], place: 2 },
  { ...BY_CLI[12], manager: 'npm', tests: ['vitest'], bundlers: ['esbuild'], place: 1 },
];
