// Every name that `require` returns must be importable by `import { … }`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
for (const name of ['nestjs-ai-key-management', 'nestjs-ai-key-management/testing']) {
  const required = require(name);
  const imported = await import(name);
  assert.ok(Object.keys(required).length > 5, name);
  for (const each of Object.keys(required)) assert.equal(imported[each], required[each], `${name}: ${each}`);
}
