// Run after tsc. Puts the code of the package into one file, which an app reads at once instead of 400. Each module stays a function of
// its own, which runs when it is first imported: at the import of an entry none but the check of Node's version, and the modules of
// `WHEN_USED` not before they are used. The simulator of vendors is a file of its own, which only tests load. The types stay where tsc wrote them.
// Blanks and comments are left out, names are not: a process holds the text of what it has loaded. Lines end early enough for a trace to lead somewhere.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve('dist/key-management');
const CODE = 'code.js';
/** Imports nothing of the package, so that no module of it is in two files. */
const SIMULATOR = { module: 'testing/simulator', file: 'simulator.js' };
const { exports: entryPoints } = JSON.parse(readFileSync('package.json', 'utf8'));
const ENTRIES = Object.values(entryPoints)
  .map((target) => target.default ?? target)
  .filter((target) => target.endsWith('.js'))
  .map((target) => basename(target, '.js'));

/** What an entry imports at once, whatever the app then takes of it. */
const AT_ONCE = ['node-version'];
/** Packages and modules that cost time to load, and that not every process needs: they load where their first value is used. */
const WHEN_USED = [
  'zod',
  'admin/admin.providers',
  'admin/controllers/metrics.controller',
  'admin/schemas/answers',
  'admin/schemas/bulk',
  'admin/schemas/errors',
  'admin/schemas/operations',
  'admin/schemas/requests',
  'admin/stream/event-stream.service',
  'analytics/documents',
  'analytics/series/response-bins',
  'common/api-schema',
  'configuration/options-schema',
  'dashboard/dashboard.providers',
  // Extends `Response`, at whose first mention Node loads its `fetch`.
  'execution/answers/response-with',
  'metrics/key-metrics.service',
  'store/file/file-key-store',
  'store/firebase/firebase-key-store',
  'store/firebase/firebase-settings',
  'store/memory/memory-key-store',
  'store/redis/redis-key-store',
  'store/redis/redis-url',
  'tracing/call-tracer',
  'vendors/define-vendor',
];

const IMPORT = /^(?:const|var) (\w+) = require\("([^"]+)"\);$/gm;
const nameOf = (path) => relative(ROOT, path).replace(/\.js$/, '');
const found = new Set();

/** Lets the chosen imports of a module run where a value of theirs is used. tsc writes each use as `x_1.name`. */
function defer(path) {
  const isEntry = ENTRIES.includes(nameOf(path));
  let code = readFileSync(path, 'utf8');
  for (const [statement, variable, from] of [...code.matchAll(IMPORT)]) {
    const target = from.startsWith('.') ? nameOf(resolve(dirname(path), from)) : from;
    if (isEntry ? AT_ONCE.includes(target) : !WHEN_USED.includes(target)) continue;
    found.add(target);
    // After a dot it is a property of that name; after three it is spread. The brackets are for `new x_1.Name()`.
    const uses = code
      .replace(statement, '')
      .replace(new RegExp(`(?<!\\w|(?<!\\.\\.)\\.)${variable}\\.`, 'g'), `(${variable}()).`);
    if (new RegExp(`\\b${variable}\\b(?!\\(\\)\\)\\.)`).test(uses))
      throw new Error(`${path} uses ${variable} in an unknown way.`);
    const imported = `const ${variable} = () => require("${from}");`;
    code = code.includes('"use strict";')
      ? uses.replace('"use strict";', `"use strict";\n${imported}`)
      : `${imported}\n${uses}`;
  }
  return code;
}

const deferring = {
  name: 'deferring',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /\/simulator$/ }, ({ path, resolveDir }) =>
      nameOf(resolve(resolveDir, path)) === SIMULATOR.module
        ? { path: `./${SIMULATOR.file}`, external: true }
        : undefined,
    );
    onLoad({ filter: /\.js$/ }, ({ path }) => ({ contents: defer(path), loader: 'js' }));
  },
};

const namesOf = (entry) => {
  const code = readFileSync(join(ROOT, `${entry}.js`), 'utf8');
  return [
    '__esModule',
    ...[...code.matchAll(/^Object\.defineProperty\(exports, "(\w+)", \{ enumerable/gm)].map(([, name]) => name),
  ];
};

/** In regular expressions esbuild leaves such characters as they are: with a single one V8 takes two bytes for each of the file. */
const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
const bundled = async (options) => {
  const { outputFiles } = await build({
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    packages: 'external',
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    logLevel: 'warning',
    ...options,
  });
  return outputFiles[0].text.replace(/[\u0080-\uffff]/g, escaped);
};
const code = await bundled({
  stdin: {
    contents: ENTRIES.map((entry) => `exports.${entry} = () => require("./${entry}.js");`).join('\n'),
    resolveDir: ROOT,
  },
  outfile: join(ROOT, CODE),
  plugins: [deferring],
});
const simulator = await bundled({ entryPoints: [join(ROOT, SIMULATOR.module, 'index.js')] });
const unused = WHEN_USED.filter((name) => !found.has(name));
if (unused.length > 0) throw new Error(`Nothing imports ${unused.join(', ')}: correct WHEN_USED.`);

const exported = new Map(ENTRIES.map((entry) => [entry, namesOf(entry)]));
for (const path of readdirSync(ROOT, { recursive: true })) {
  if (/\.js(?:\.map)?$/.test(path) && !path.startsWith(join('dashboard', 'public'))) rmSync(join(ROOT, path));
}
writeFileSync(join(ROOT, CODE), code);
writeFileSync(join(ROOT, SIMULATOR.file), simulator);
for (const [entry, names] of exported) {
  writeFileSync(
    join(ROOT, `${entry}.js`),
    // The last line never runs: from it Node learns the names for `import { … }`.
    `"use strict";\nconst { ${entry} } = require("./${CODE}");\nmodule.exports = ${entry}();\n0 && (module.exports = { ${names.join(', ')} });\n`,
  );
}
