// README.md and docs/: links and anchors lead somewhere, every `ts` block compiles as a user's code would and runs (test/docs), every
// command of a `sh` block exists, and every `json` block is JSON.
// A block whose first line is a comment with a file name (`// app.module.ts`) can be imported under it by others of its page.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { anchorsOf, blocksOf, guidePages, linkedPages, linksOf } from './docs/markdown.mjs';

const FOLDER = '.build/docs';
const PACKAGE = 'nestjs-ai-key-management';
/** What a block may be written in; samples in other languages would escape the checks. */
const LANGUAGES = new Set(['ts', 'sh', 'json', 'yaml', 'dockerfile', 'text']);
/** Commands of npm itself. */
const NPM = new Set(['ci', 'i', 'install', 'pack']);
const LONGEST_README = 130;

const problems = [];
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const blocks = guidePages().flatMap(blocksOf);
const at = ({ page, line }) => `${page}:${line}`;

checkReadme();
for (const page of linkedPages()) checkLinks(page);
for (const block of blocks) checkBlock(block);
report();

const samples = blocks.filter(({ language }) => language === 'ts').map(writeSample);
writeFileSync(join(FOLDER, 'blocks.json'), JSON.stringify(blocks.map((block, index) => ({ ...block, index }))));
writeFileSync(join(FOLDER, 'samples.json'), JSON.stringify(samples));
if (compile()) run();

/** The file's promise: short, with the two commands of a fresh clone word for word. */
function checkReadme() {
  const text = readFileSync('README.md', 'utf8');
  const lines = text.trimEnd().split('\n').length;
  if (lines > LONGEST_README)
    problems.push(`README.md has ${lines} lines; ${LONGEST_README} at most, the rest is for docs/.`);
  for (const command of ['npm ci && npm run demo', 'npm ci && npm test'])
    if (!new RegExp(`^${command} `, 'm').test(text)) problems.push(`README.md lacks the command: ${command}`);
  // The registry's page makes absolute links of relative ones with it.
  if (!manifest.repository?.url)
    problems.push('package.json has no repository.url, by which npm resolves the links of README.md.');
}

function checkLinks(page) {
  const repository = manifest.repository?.url?.replace(/^git\+/, '').replace(/\.git$/, '');
  for (const { line, target, file, anchor } of linksOf(page, repository)) {
    if (file === undefined) continue;
    if (!existsSync(file)) problems.push(`${at({ page, line })}: ${target} leads to ${file}, which is not there.`);
    else if (anchor && file.endsWith('.md') && !anchorsOf(file).includes(anchor))
      problems.push(`${at({ page, line })}: ${file} has no heading #${anchor}.`);
  }
}

function checkBlock(block) {
  const { language, code } = block;
  if (!LANGUAGES.has(language))
    problems.push(`${at(block)}: a block in "${language}"; use one of ${[...LANGUAGES].join(', ')}.`);
  if (language === 'sh') checkCommands(block);
  if (language !== 'json') return;
  try {
    JSON.parse(code);
  } catch (error) {
    problems.push(`${at(block)}: ${error.message}`);
  }
}

function checkCommands(block) {
  const code = block.code.replaceAll(/#.*$/gm, '');
  for (const [, run, name] of code.matchAll(/\bnpm (run )?(?:--silent )?([\w:-]+)/g)) {
    const exists = name in manifest.scripts && (run || name === 'test' || name === 'start');
    if (!exists && !(run === undefined && NPM.has(name)))
      problems.push(`${at(block)}: there is no "npm ${run ?? ''}${name}".`);
  }
  for (const [, path] of code.matchAll(/\b(?:node|npx jest) (?:-\S+ )*([\w./-]+)/g))
    if (!existsSync(path)) problems.push(`${at(block)}: there is no ${path}.`);
}

function report() {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  rmSync(FOLDER, { recursive: true, force: true });
}

/** At the same lines as on its page, so that errors name them. */
function writeSample({ page, line, code, file }) {
  const path = join(FOLDER, page.replace(/\.md$/, ''), file);
  if (existsSync(path)) throw new Error(`${page} has two blocks named ${file}.`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
  return { page, line, path };
}

function compile() {
  const own = relative(FOLDER, 'src/key-management');
  const compilerOptions = {
    rootDir: '../..',
    noEmit: true,
    incremental: true,
    tsBuildInfoFile: '../docs.tsbuildinfo',
    noUnusedLocals: false,
    paths: {
      [PACKAGE]: [`${own}/index.ts`],
      [`${PACKAGE}/testing`]: [`${own}/testing.ts`],
      [`${PACKAGE}/postgres`]: [`${own}/postgres.ts`],
    },
  };
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['**/*.ts'], exclude: [] };
  writeFileSync(join(FOLDER, 'tsconfig.json'), JSON.stringify(config, null, 2));
  const tsc = spawnSync('npx', ['tsc', '-p', FOLDER], { encoding: 'utf8' });
  process.stdout.write(tsc.stdout.replaceAll(`${FOLDER}/`, ''));
  process.exitCode = tsc.status ?? 1;
  return tsc.status === 0;
}

function run() {
  const runner = spawnSync('node', ['test/support/ts-child.cjs', 'test/docs/main.ts', FOLDER], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  process.stdout.write(runner.stdout + runner.stderr);
  process.exitCode = runner.status ?? 1;
}
