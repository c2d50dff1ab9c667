// Checks package-lock.json: every package has a SHA-512 hash and comes from a registry, and every install script was reviewed.
import { readFileSync } from 'node:fs';

/** Packages whose scripts run when this repository is installed, and why that is acceptable. */
const SCRIPTS_LOOKED_AT = {
  '@firebase/util': 'does nothing without FIREBASE_WEBAPP_CONFIG; comes with firebase-admin, development only',
  '@google/genai': 'prints a word; development only',
  '@parcel/watcher': 'builds from source where no binary fits; development only',
  '@scarf/scarf': 'would count installs (SCARF_ANALYTICS=false stops it); comes with @nestjs/swagger, development only',
  '@swc/core': 'checks its binary; development only',
  'classic-level': 'takes the binary that is in the package, or builds LevelDB from the source in it',
  esbuild: 'checks its binary; development only',
  protobufjs: 'warns of version clashes; comes with firebase-admin, development only',
  'unrs-resolver': 'checks its binary; development only',
};
/** How many packages this one may bring along with the default store, itself counted. To add one is a decision. */
const MOST_PACKAGES = 20;

const problems = [];
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const entries = Object.entries(packages).filter(([path]) => path !== '');

for (const [path, entry] of entries) {
  if (!/^sha512-/.test(entry.integrity ?? '')) problems.push(`${path} is not pinned by a SHA-512 hash.`);
  if (/^(?:git|http:|file:)/.test(entry.resolved ?? '') || entry.link)
    problems.push(`${path} does not come from a registry.`);
  if (entry.hasInstallScript && !(nameOf(path) in SCRIPTS_LOOKED_AT)) {
    problems.push(
      `${path} runs a script at the install. Read it, and enter it in tools/check-lock.mjs, or do without the package.`,
    );
  }
}
for (const name of Object.keys(SCRIPTS_LOOKED_AT)) {
  const runs = entries.some(([path, { hasInstallScript }]) => hasInstallScript && nameOf(path) === name);
  if (!runs) problems.push(`${name} runs no script at the install any more: take it out of tools/check-lock.mjs.`);
}
const shipped = entries.filter(([, { dev, devOptional }]) => !dev && !devOptional).length;
if (shipped > MOST_PACKAGES) problems.push(`${shipped} packages come with this one, more than ${MOST_PACKAGES}.`);

console.log(`${entries.length} packages are pinned, ${shipped} of them shipped.`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
