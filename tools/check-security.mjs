// SECURITY.md against the repository: what it names is there, and every threat has a test.
import { existsSync, readFileSync } from 'node:fs';

const FILE = 'SECURITY.md';
const PATH = /`((?:\.ci|src|test|tools|docs|examples)\/[^`\s]+)`/g;
const text = readFileSync(FILE, 'utf8');
const problems = [];

const pathsIn = (line) => [...line.matchAll(PATH)].map(([, path]) => path);
for (const [number, line] of text.split('\n').entries()) {
  for (const path of pathsIn(line)) if (!existsSync(path)) problems.push(`${FILE}:${number + 1}: there is no ${path}.`);
}

const section = text.split(/^## /m).find((each) => each.startsWith('Threats')) ?? '';
const rows = section.split('\n').filter((line) => /^\| (?!threat)[^-]/.test(line));
if (rows.length === 0) problems.push(`${FILE} has no table of threats.`);
for (const row of rows) {
  const tests = pathsIn(row.split(' | ').at(-1)).filter((path) =>
    /\.(?:e2e-|more-)?spec\.ts$|^tools\/check-|^test\/[\w-]+\/$/.test(path),
  );
  if (tests.length === 0) problems.push(`No test is named for: ${row.slice(2, 60)}…`);
}

console.log(`${rows.length} threats, each with a test.`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
