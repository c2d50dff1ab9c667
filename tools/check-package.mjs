// Run it after a build. Checks that the files which `npm pack` would publish are complete and free of tests, that package.json declares what
// they import, that an import of it loads no more than it must, and that its links point to one repository. `npm run compat` then installs the package and runs it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const problems = [];

/** An app that installs it gets 20 MB at the most, dependencies included: those have 17.1. */
const MOST_BYTES = 2.85e6;

function packedFiles() {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
  const [{ files, unpackedSize }] = JSON.parse(output);
  if (unpackedSize > MOST_BYTES) problems.push(`The package has ${unpackedSize} bytes: at the most are ${MOST_BYTES}.`);
  return files.map(({ path }) => path);
}

const targetsOf = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targetsOf));

function checkTargets(packed) {
  const targets = [manifest.main, manifest.types, ...targetsOf(manifest.exports)];
  for (const target of targets.map((each) => each.replace(/^\.\//, ''))) {
    if (!packed.has(target)) problems.push(`package.json promises ${target}, which is not in the package.`);
  }
  for (const path of packed) {
    // The contract suite is published: authors of stores run it.
    if (/\.(spec|e2e-spec|more-spec|child)\.|\/test\//.test(path)) problems.push(`${path} is a test.`);
  }
}

/** What a reader of the package needs beside the code. */
const PAGES = ['README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'];

function checkPages(packed) {
  for (const page of PAGES) if (!packed.has(page)) problems.push(`${page} is not in the package.`);
  if (![...packed].some((path) => /^docs\/[^/]+\.md$/.test(path))) problems.push('docs/ is not in the package.');
}

/** A fork sets `repository.url`; `homepage` and `bugs` must follow it, or users of the fork report to somebody else. */
function checkLinks() {
  const { author, repository, homepage, bugs } = manifest;
  if (!author) problems.push('package.json names no author.');
  const base = /^git\+(https:\/\/.+)\.git$/.exec(repository?.url ?? '')?.[1];
  if (!base) problems.push('repository.url in package.json has not the form git+https://….git.');
  else if (homepage !== `${base}#readme` || bugs?.url !== `${base}/issues`)
    problems.push(`homepage or bugs in package.json do not belong to ${base}, the repository.`);
}

/** A package that is imported but not declared works here, and fails where a user installs this package. */
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

/**
 * What a process has loaded, in a child: own files as they are, others by the name of their package. As in an app without
 * @nestjs/swagger, for whose documents the schemas of all routes are made at the start.
 */
const LOADED = `
  const Module = require('node:module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (name, ...rest) => {
    if (name !== '@nestjs/swagger') return resolve(name, ...rest);
    throw Object.assign(new Error("Cannot find module '" + name + "'"), { code: 'MODULE_NOT_FOUND' });
  };
  const loaded = () => [...new Set(Object.keys(require.cache).map((file) => {
    const parts = file.split('/node_modules/').pop().split('/');
    return file.includes('/node_modules/') ? parts.slice(0, parts[0].startsWith('@') ? 2 : 1).join('/') : parts.pop();
  }))];
  const keys = require('./' + process.argv[1]);
  const bare = loaded();
  if (keys.KeyManagementModule) keys.KeyManagementModule.forRoot();
  const hasFetch = Object.getOwnPropertyDescriptor(globalThis, 'Response').get === undefined;
  console.log(JSON.stringify({ bare, inUse: loaded(), hasFetch }));
`;

/** Packages that the module loads whatever it is told: small ones that each call needs. All others wait until they are used. */
const ALWAYS = ['eventsource-parser'];

/** An import of the package loads its own code and nothing else; what a setting or a route needs, loads with it. */
function checkLoading() {
  const output = execFileSync(process.execPath, ['-e', LOADED, manifest.main], { encoding: 'utf8' });
  const { bare, inUse, hasFetch } = JSON.parse(output);
  const expected = ['code.js', 'index.js'];
  if (bare.sort().join() !== expected.join()) problems.push(`An import of the package loads ${bare.join(', ')}.`);
  if (hasFetch)
    problems.push(
      'forRoot() mentions `Response`, so that Node loads its fetch: see WHEN_USED in tools/build-code.mjs.',
    );
  const drivers = Object.keys(manifest.peerDependencies).filter(
    (name) => !name.startsWith('@nestjs/') && name !== 'rxjs' && name !== 'reflect-metadata',
  );
  const early = [...Object.keys(manifest.dependencies), ...drivers, '@nestjs/terminus'].filter(
    (name) => inUse.includes(name) && !ALWAYS.includes(name),
  );
  if (early.length > 0)
    problems.push(`forRoot() loads ${early.join(', ')} before it is used: see WHEN_USED in tools/build-code.mjs.`);
}

const packed = new Set(packedFiles());
checkTargets(packed);
checkPages(packed);
checkLinks();
checkImports(packed);
checkLoading();
console.log(`${packed.size} files`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
