// Run after tsc. Marks imports of Nest's types in the .d.ts files with the resolution mode `import`. Nest 12 is published as ESM only, and
// TypeScript refuses ESM types in a CommonJS package (TS1479) under `module: node16` and before 5.8, though Node loads the code. Nest 11
// resolves to the same types in both modes. An import of an optional peer may find nothing: its types are then `any`, and no error of the app.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = 'dist/key-management';
const STATEMENT = /^import (?:type )?\{([^}]*)\} from '(@nestjs\/[^']+)';$/gm;
const INLINE = /\bimport\("(@nestjs\/[^"]+)"\)/g;

const asType = (_, names, from) =>
  `import type {${names.replace(/\btype /g, '')}} from '${from}' with { 'resolution-mode': 'import' };`;
const markNestTypes = (text) =>
  text.replace(STATEMENT, asType).replace(INLINE, 'import("$1", { with: { "resolution-mode": "import" } })');

const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync('package.json', 'utf8'));
const isOptional = (from) =>
  Object.keys(peerDependencies).some(
    (peer) => peerDependenciesMeta[peer]?.optional && (from === peer || from.startsWith(`${peer}/`)),
  );
const forgiveMissing = (text) =>
  text.replace(/^import [^;]* from '([^']+)'[^;\n]*;$/gm, (statement, from) =>
    isOptional(from) ? `// @ts-ignore\n${statement}` : statement,
  );

for (const name of readdirSync(ROOT, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join(ROOT, name);
  const text = readFileSync(path, 'utf8');
  const marked = forgiveMissing(markNestTypes(text));
  if (marked !== text) writeFileSync(path, marked);
}
