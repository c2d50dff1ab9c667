// After tsc: says in the .d.ts files that Nest's types are read as an importer reads them. Nest 12 is ESM alone, and TypeScript refuses it
// to the types of a CommonJS package (TS1479) under `module: node16` and before 5.8, though Node loads it. Nest 11 is the same in both.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = 'dist/key-management';
const STATEMENT = /^import (?:type )?\{([^}]*)\} from '(@nestjs\/[^']+)';$/gm;
const INLINE = /\bimport\("(@nestjs\/[^"]+)"\)/g;

const asType = (_, names, from) =>
  `import type {${names.replace(/\btype /g, '')}} from '${from}' with { 'resolution-mode': 'import' };`;
const markNestTypes = (text) =>
  text.replace(STATEMENT, asType).replace(INLINE, 'import("$1", { with: { "resolution-mode": "import" } })');

for (const name of readdirSync(ROOT, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join(ROOT, name);
  const text = readFileSync(path, 'utf8');
  const marked = markNestTypes(text);
  if (marked !== text) writeFileSync(path, marked);
}
