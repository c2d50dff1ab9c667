// A Nest app with no other package than Nest: runs the install line of the README, by npm or pnpm and without versions, compiles the types,
// starts the app, and asks for a store whose driver is not installed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { compile } from './types.mjs';

const NEEDED = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'];
/** What compiles an app and is not needed at run time. */
const COMPILED_BY = ['typescript', '@types/node', '@types/express'];
const OPTIONAL = ['@nestjs/swagger', '@nestjs/terminus', '@nestjs/schedule', 'ioredis', 'firebase-admin'];
/** The install line by each manager, as the README and the errors have it. */
export const INSTALL = {
  npm: ['i', '--no-audit', '--no-fund', '--loglevel=error'],
  pnpm: ['add', '--reporter=silent'],
};

const APP = `
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { KeyManagementModule, setupKeyManagementDocs } = require('nestjs-ai-key-management');
for (const name of ${JSON.stringify(OPTIONAL)}) {
  try { require.resolve(name); } catch { continue; }
  throw new Error(name + ' came along, so this tries nothing');
}
const said = [];
const logger = { log: (line) => said.push(line), warn() {}, error: (line) => said.push('ERROR ' + line) };
class AppModule {}
Module({ imports: [KeyManagementModule.forRoot({ store: { kind: 'memory' }, adminToken: 'compat-admin-token-0001' })] })(AppModule);
async function main() {
  const app = await NestFactory.create(AppModule, { logger, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const headers = { authorization: 'Bearer compat-admin-token-0001' };
  for (const path of ['/health', '/health/live', '/health/ready', '/health/keys', '/metrics', '/dashboard', '/admin/events']) {
    const { status } = await fetch(url + path, { headers });
    if (status !== 200) throw new Error(path + ' answered ' + status);
  }
  if (!said.some((line) => /timer of the module/.test(line))) throw new Error('The log does not say what runs the checks.');
  let told = '';
  try { setupKeyManagementDocs(app); } catch (error) { told = error.message; }
  if (!told.includes('npm i @nestjs/swagger')) throw new Error('The docs do not name what they need: ' + told);
  await app.close();
  const store = { kind: 'redis', url: 'redis://127.0.0.1:1' };
  class RedisModule {}
  Module({ imports: [KeyManagementModule.forRoot({ store, admin: false })] })(RedisModule);
  let refused = '';
  await NestFactory.createApplicationContext(RedisModule, { logger, abortOnError: false }).then(
    (context) => context.close(),
    (error) => (refused = error.message),
  );
  if (!/ioredis.*npm i ioredis@6 .*pnpm add ioredis@6/.test(refused)) throw new Error('The start does not name ioredis: ' + refused);
}
main().catch((error) => { console.error(error); process.exitCode = 1; });
`;

const TYPED = `
import type { INestApplication } from '@nestjs/common';
import * as keys from 'nestjs-ai-key-management';
export const module = keys.KeyManagementModule.forRoot({ admin: { path: 'keys' } });
export const document = (app: INestApplication): keys.OpenApiDocument => keys.keyManagementDocument(app);
export const check = (pools: keys.KeyPoolHealthIndicator): keys.IndicatorResult => pools.check('keys');
export class Filter extends keys.KeyManagementExceptionFilter {}
`;
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    // Servers are compiled without the types of the DOM.
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  },
};

/** Resolves with the reason of the failure, or undefined. */
export async function tryBare({ major, dependencies }, folder, tarball, { manager = 'npm', program = ['npm'] } = {}) {
  const cwd = join(folder, `bare-${major}-${manager}`);
  mkdirSync(cwd);
  const own = Object.fromEntries(
    Object.entries(dependencies).filter(([name]) => [...NEEDED, ...COMPILED_BY].includes(name)),
  );
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, dependencies: own }));
  writeFileSync(join(cwd, 'app.js'), APP);
  const [binary, ...before] = program;
  const [verb, ...quiet] = INSTALL[manager];
  for (const args of [['install'], [verb, tarball]]) {
    const { passed, output } = await run(binary, [...before, ...args, ...quiet], { cwd });
    if (!passed) return `${manager} ${args[0]}: ${output}`;
  }
  mkdirSync(join(cwd, 'typed'));
  writeFileSync(join(cwd, 'typed/app.ts'), TYPED);
  writeFileSync(join(cwd, 'typed/tsconfig.json'), JSON.stringify(TSCONFIG));
  const { ours } = await compile({ app: cwd, name: 'typed' });
  if (ours.length > 0) return ours.join('\n');
  const { passed, output } = await run(process.execPath, ['app.js'], { cwd });
  return passed ? undefined : output;
}
