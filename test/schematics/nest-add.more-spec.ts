import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PACKAGES = resolve('node_modules');
const NEST = join(PACKAGES, '@nestjs/cli/bin/nest.js');
const LINE = "import { KeyManagementModule } from 'nestjs-ai-key-management';";
const IMPORTS = 'imports: [KeyManagementModule.forRoot()]';

let folder: string;
let app: string;

const nest = async (cwd: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [NEST, ...args], { cwd });
  return stdout + stderr;
};
const add = (...more: string[]): Promise<string> =>
  nest(app, 'add', 'nestjs-ai-key-management', '--skip-install', ...more);
const read = (path: string): string => readFileSync(join(app, path), 'utf8');

/** A real app of the Nest CLI, in which this repository is the installed package. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nest-add-'));
  app = join(folder, 'shop');
  await nest(folder, 'new', 'shop', '--skip-install', '--skip-git', '--package-manager', 'npm');
  mkdirSync(join(app, 'node_modules'));
  const installed = ['typescript', '@nestjs/schematics', '@nestjs/common', '@nestjs/core'];
  for (const name of installed) {
    mkdirSync(dirname(join(app, 'node_modules', name)), { recursive: true });
    symlinkSync(join(PACKAGES, name), join(app, 'node_modules', name));
  }
  symlinkSync(resolve('.'), join(app, 'node_modules/nestjs-ai-key-management'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('nest add imports the module into the root module of an app, and once only', async () => {
  await expect(add()).resolves.toMatch(/UPDATE.* src\/app\.module\.ts/);
  const once = read('src/app.module.ts');
  expect(once.split('\n').filter((line) => line === LINE)).toHaveLength(1);
  expect(once.match(/KeyManagementModule\.forRoot\(\)/g)).toHaveLength(1);
  expect(once).toContain(IMPORTS);
  await expect(add()).resolves.toMatch(/has KeyManagementModule already/);
  expect(read('src/app.module.ts')).toBe(once);
});

it('in a monorepo, into the app that is named', async () => {
  await nest(app, 'generate', 'app', 'billing');
  await add('--project', 'billing');
  const module = read('apps/billing/src/billing.module.ts');
  expect(module).toContain(LINE);
  expect(module).toContain(IMPORTS);
});

it('an app without a root module stays as it is, and is told what to do', async () => {
  writeFileSync(join(app, 'apps/billing/src/main.ts'), 'export {};\n');
  const before = read('apps/billing/src/billing.module.ts');
  const said = await add('--project', 'billing').catch(
    (error: unknown) => String(Reflect.get(error as object, 'stderr')) + String(Reflect.get(error as object, 'stdout')),
  );
  expect(said).toMatch(
    /There is no root module: apps\/billing\/src\/app\.module\.ts not found\. .*KeyManagementModule\.forRoot\(\)/,
  );
  expect(read('apps/billing/src/billing.module.ts')).toBe(before);
});
