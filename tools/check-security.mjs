// The table of threats in SECURITY.md: every threat names a test. That the named files exist is checked by tools/check-paths.mjs.
import { readFileSync } from 'node:fs';

const FILE = 'SECURITY.md';
const PATH = /`((?:\.ci|src|test|tools|docs|examples)\/[^`\s]+)`/g;
const TEST = /\.(?:e2e-|more-)?spec\.ts$|^tools\/check-|^test\/[\w-]+\/$/;
const problems = [];

const section = readFileSync(FILE, 'utf8')
  .split(/^## /m)
  .find((each) => each.startsWith('Threats'));
const rows = (section ?? '').split('\n').filter((line) => /^\| (?!threat)[^-]/.test(line));
if (rows.length === 0) problems.push(`${FILE} has no table of threats.`);
for (const row of rows) {
  const paths = [...row.split(' | ').at(-1).matchAll(PATH)].map(([, path]) => path);
  if (!paths.some((path) => TEST.test(path))) problems.push(`No test is named for: ${row.slice(2, 60)}…`);
}

console.log(`${rows.length} threats, each with a test.`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
