// Type-checks every ```ts block of README.md against the package as a user's code would be.
// A block whose first line is a comment with a file name (`// app.module.ts`) can be imported by others under it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FOLDER = '.build/readme';
const PACKAGE = 'nestjs-ai-key-management';
const BLOCK = /^```ts[^\S\n]*\n([\s\S]*?)^```[^\S\n]*$/gm;
const FILE_NAME = /^\/\/ ([\w./-]+\.ts)\s*\n/;

function blocksOf(markdown) {
  return [...markdown.matchAll(BLOCK)].map((match, index) => {
    const code = match[1];
    const line = markdown.slice(0, match.index).split('\n').length + 1;
    return { line, code, file: FILE_NAME.exec(code)?.[1] ?? `example-${index + 1}.ts` };
  });
}

/** The same lines as in the README, so that errors name its lines. */
const atItsLine = ({ line, code }) => `${'\n'.repeat(line - 1)}${code}\nexport {};\n`;

const blocks = existsSync('README.md') ? blocksOf(readFileSync('README.md', 'utf8')) : [];
if (blocks.length === 0) {
  console.log('README.md has no ts examples.');
  process.exit();
}

rmSync(FOLDER, { recursive: true, force: true });
for (const block of blocks) {
  const path = join(FOLDER, block.file);
  if (existsSync(path)) throw new Error(`README.md has two blocks named ${block.file}.`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, atItsLine(block));
}
const house = '../../src/key-management';
const compilerOptions = {
  rootDir: '../..',
  noEmit: true,
  incremental: true,
  tsBuildInfoFile: '../readme.tsbuildinfo',
  noUnusedLocals: false,
  types: ['node'],
  paths: { [PACKAGE]: [`${house}/index.ts`], [`${PACKAGE}/testing`]: [`${house}/testing.ts`] },
};
const config = { extends: '../../tsconfig.json', compilerOptions, include: ['**/*.ts'], exclude: [] };
writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config, null, 2));

const tsc = spawnSync('npx', ['tsc', '-p', FOLDER], { encoding: 'utf8' });
process.stdout.write(tsc.stdout.replaceAll(`${FOLDER}/`, 'README.md: '));
if (tsc.status === 0) console.log(`${blocks.length} examples of README.md compile.`);
process.exitCode = tsc.status ?? 1;
