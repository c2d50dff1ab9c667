// Every file and folder that the pages for contributors name exists. A path stands in backticks or is the target of a link. It starts at
// the root of the repository or, for brevity, at src/key-management. A place to be filled in (`vendors/<vendor>/`) is not looked for.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PACKAGE = 'src/key-management';
const PAGES = [
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'test/README.md',
  ...readdirSync('docs/decisions').map((name) => join('docs/decisions', name)),
];
/** A folder with its last slash, or a file with one of the endings that this repository has. */
const IN_BACKTICKS = /`((?:[\w.-]+\/)+|(?:[\w.-]+\/)*[\w.-]+\.(?:ts|tsx|mjs|cjs|css|md|json|py|toml|yml)|\.ci\/\w+)`/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)/g;

const problems = [];
let count = 0;
for (const page of PAGES) {
  for (const [index, line] of readFileSync(page, 'utf8').split('\n').entries()) {
    const missing = (path) => problems.push(`${page}:${index + 1}: there is no ${path}.`);
    for (const [, path] of line.matchAll(IN_BACKTICKS)) {
      count += 1;
      if (![path, join(PACKAGE, path), join('test', path)].some(existsSync)) missing(path);
    }
    for (const [, path] of line.matchAll(LINK)) {
      count += 1;
      if (!existsSync(join(dirname(page), path))) missing(path);
    }
  }
}

console.log(`${count} paths of ${PAGES.length} pages looked for.`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
