// Every name that `require` returns must be importable by `import { … }`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
for (const [name, least] of [
  ['nestjs-ai-key-management', 6],
  ['nestjs-ai-key-management/testing', 6],
  // Also where its driver is not installed.
  ['nestjs-ai-key-management/postgres', 1],
]) {
  const required = require(name);
  const imported = await import(name);
  assert.ok(Object.keys(required).length >= least, name);
  for (const each of Object.keys(required)) assert.equal(imported[each], required[each], `${name}: ${each}`);
}
