// After a build: is what `npm pack` would publish complete, free of tests, and does it declare all it imports? `npm run compat` tries it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const problems = [];

function packedFiles() {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
  return JSON.parse(output)[0].files.map(({ path }) => path);
}

const targetsOf = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targetsOf));

function checkTargets(packed) {
  const targets = [manifest.main, manifest.types, ...targetsOf(manifest.exports)];
  for (const target of targets.map((each) => each.replace(/^\.\//, ''))) {
    if (!packed.has(target)) problems.push(`package.json promises ${target}, which is not in the package.`);
  }
  for (const path of packed) {
    // The contract suite is no test of ours: authors of stores run it.
    if (/\.(spec|e2e-spec|more-spec|child)\.|\/test\//.test(path)) problems.push(`${path} is a test.`);
  }
}

/** A package that is imported but not declared works here and fails at the user's. */
function checkImports(packed) {
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  for (const path of [...packed].filter((each) => /\.(js|d\.ts)$/.test(each))) {
    const code = readFileSync(path, 'utf8');
    for (const [, specifier] of code.matchAll(/(?:require\(|from |import\()['"]([^'"./][^'"]*)['"]/g)) {
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      if (isBuiltin(specifier) || name in declared) continue;
      problems.push(`${path} imports ${name}, which package.json does not declare.`);
    }
  }
}

const packed = new Set(packedFiles());
checkTargets(packed);
checkImports(packed);
console.log(`${packed.size} files`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
