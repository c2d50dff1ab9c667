// Mutation tests of the pure core (README.md beside this file): one run of Stryker per group, and one table of all groups.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { posix } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { GROUPS } from './groups.mjs';
import { breakAt, scoreOf, survivorsOf, tableOf } from './report.mjs';

const SOURCE = 'src/key-management';
/** What earlier runs found, so that a run only tries what has changed. */
const CACHE = '.build/mutation';
const RESULTS = 'test/mutation/results';

const FILES = readdirSync(SOURCE, { recursive: true });

const optionsFor = (name, { mutate, specs }) => ({
  testRunner: 'specs',
  plugins: ['./test/mutation/runner.mjs'],
  mutate: [...mutate.map((path) => `${SOURCE}/${path}`), '!**/*.spec.ts'],
  specs: filesOf(specs).map((path) => `${SOURCE}/${path}`),
  ignorers: ['sources'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // The machine may be busy with other work: a slow test is not one that hangs.
  timeoutMS: 60_000,
  incremental: true,
  incrementalFile: `${CACHE}/${name}.json`,
  tempDirName: '.build/mutation/sandbox',
  ignorePatterns: ['dist', 'coverage', 'data', 'bench', 'docs', 'demo', 'examples'],
  reporters: ['progress-append-only'],
  logLevel: 'warn',
  disableTypeChecks: false,
  allowEmpty: false,
});

/** Of each pattern at least one. */
function filesOf(patterns) {
  return patterns.flatMap((pattern) => {
    const files = FILES.filter((path) => posix.matchesGlob(path, pattern));
    if (files.length === 0) throw new Error(`test/mutation/groups.mjs names ${pattern}, which does not exist.`);
    return files;
  });
}

/**
 * Stryker does not know which tests see a mutant of what runs while a module loads (a rule, a pattern), so a new test would not make it
 * try the mutant again: such survivors are taken out of what earlier runs found.
 */
function forgetStaticSurvivors(path) {
  if (!existsSync(path)) return;
  const report = JSON.parse(readFileSync(path, 'utf8'));
  for (const file of Object.values(report.files)) {
    file.mutants = file.mutants.filter((mutant) => !mutant.static || mutant.status !== 'Survived');
  }
  writeFileSync(path, JSON.stringify(report));
}

/** Runs one group; the mutants of each of its files, by path. */
async function mutantsOf(name, group) {
  filesOf(group.mutate);
  forgetStaticSurvivors(`${CACHE}/${name}.json`);
  await new Stryker(optionsFor(name, group)).runMutationTest();
  const report = JSON.parse(readFileSync(`${CACHE}/${name}.json`, 'utf8'));
  return Object.entries(report.files).map(([path, file]) => ({ path, group: name, ...file }));
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in GROUPS));
if (unknown.length > 0) throw new Error(`No such group: ${unknown}. There are: ${Object.keys(GROUPS).join(', ')}.`);

mkdirSync(CACHE, { recursive: true });
mkdirSync(RESULTS, { recursive: true });
const files = [];
for (const name of asked.length > 0 ? asked : Object.keys(GROUPS)) {
  files.push(...(await mutantsOf(name, GROUPS[name])));
}
console.log(survivorsOf(files));
const table = tableOf(files);
console.log(table);
if (asked.length === 0) {
  const [{ model }] = cpus();
  const machine = `${cpus().length} × ${model.trim()}, Node ${process.version}`;
  const head = `\`npm run mutation\`, ${new Date().toISOString().slice(0, 10)}, ${machine}`;
  writeFileSync(`${RESULTS}/latest.md`, `${head}\n\n${table}\n`);
}
const score = scoreOf(files);
if (score < breakAt) {
  console.error(`The score is ${score.toFixed(1)} %, and ${breakAt} % are needed.`);
  process.exitCode = 1;
}
