// Run after tsc. Marks imports of Nest's types in the .d.ts files with the resolution mode `import`. Nest 12 is published as ESM only, and
// TypeScript refuses ESM types in a CommonJS package (TS1479) under `module: node16` and before 5.8, though Node loads the code. Nest 11
// resolves to the same types in both modes. An import of an optional peer may find nothing: its types are then `any`, and no error of the app.
// Types that no entry of the package leads to are deleted.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = 'dist/key-management';
const STATEMENT = /^import (?:type )?\{([^}]*)\} from '(@nestjs\/[^']+)';$/gm;
const INLINE = /\bimport\("(@nestjs\/[^"]+)"\)/g;

const asType = (_, names, from) =>
  `import type {${names.replace(/\btype /g, '')}} from '${from}' with { 'resolution-mode': 'import' };`;
const markNestTypes = (text) =>
  text.replace(STATEMENT, asType).replace(INLINE, 'import("$1", { with: { "resolution-mode": "import" } })');

const { exports: entries, peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8'));
const isOptional = (from) =>
  Object.keys(peerDependencies).some(
    (peer) => peerDependenciesMeta[peer]?.optional && (from === peer || from.startsWith(`${peer}/`)),
  );
const forgiveMissing = (text) =>
  text.replace(/^import [^;]* from '([^']+)'[^;\n]*;$/gm, (statement, from) =>
    isOptional(from) ? `// @ts-ignore\n${statement}` : statement,
  );

const IMPORTED = /(?:\bfrom |\bimport |\bimport\()["'](\.[^"']*)["']/g;
const needed = new Set();
function need(path) {
  if (needed.has(path)) return;
  needed.add(path);
  for (const [, from] of readFileSync(path, 'utf8').matchAll(IMPORTED)) {
    const place = join(dirname(path), from);
    const found = [`${place}.d.ts`, join(place, 'index.d.ts')].find((each) => existsSync(each));
    if (!found) throw new Error(`${path} imports ${from}, of which there are no types.`);
    need(found);
  }
}
for (const { types } of Object.values(entries)) if (types) need(join(types));

for (const name of readdirSync(ROOT, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join(ROOT, name);
  if (!needed.has(path)) {
    rmSync(path);
    continue;
  }
  const text = readFileSync(path, 'utf8');
  const marked = forgiveMissing(markNestTypes(text));
  if (marked !== text) writeFileSync(path, marked);
}
