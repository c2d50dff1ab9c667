// Runs a TypeScript file in a plain Node process: `node test/support/ts-child.cjs script.ts [arguments]`, or `node -r` it.
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    configFile: false,
    swcrc: false,
    sourceMaps: 'inline',
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs' },
  });
  module._compile(code, filename);
};

if (require.main === module) {
  const script = resolve(process.argv[2]);
  process.argv.splice(1, 2, script);
  require(script);
}
