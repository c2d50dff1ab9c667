// `nest add nestjs-ai-key-management`: imports the module into the app's root module. Needs no package but the app's own TypeScript.
'use strict';
const { posix } = require('node:path');
const { withModule } = require('./with-module');

const ROOT_CLASS = /\bNestFactory\s*\.\s*create\w*\s*(?:<[^()]*>)?\s*\(\s*(\w+)/;
const MEND =
  'Add it yourself: KeyManagementModule.forRoot() of nestjs-ai-key-management, in the imports of the root module.';

/**
 * What of the files that a schematic changes is needed.
 * @typedef {{ exists(path: string): boolean, read(path: string): Buffer | null, overwrite(path: string, text: string): void }} Tree
 */

/** The rule of the schematic: throws, and changes nothing, where it finds no root module. */
exports.nestAdd = function nestAdd({ sourceRoot = 'src' } = {}) {
  return (/** @type {Tree} */ tree, /** @type {{ logger?: { info(text: string): void } }} */ context) => {
    const { file, name } = rootModule(tree, sourceRoot);
    const changed = withModule(tree.read(file).toString('utf8'), name, typescript());
    if (changed === undefined) context.logger?.info(`${file} has KeyManagementModule already.`);
    else tree.overwrite(file, changed);
    return tree;
  };
};

/** The root module is what main.ts gives to `NestFactory`; in a monorepo it has the name of its app. */
function rootModule(/** @type {Tree} */ tree, sourceRoot) {
  const main = posix.join(sourceRoot, 'main.ts');
  const text = tree.exists(main) ? tree.read(main).toString('utf8') : '';
  const name = ROOT_CLASS.exec(text)?.[1];
  const from =
    name && new RegExp(`\\bimport\\b[^;'"]*\\b${name}\\b[^;'"]*\\bfrom\\s*['"](\\.[^'"]*)['"]`).exec(text)?.[1];
  const candidates = [
    ...(from ? [posix.join(sourceRoot, `${from.replace(/\.[cm]?[jt]s$/, '')}.ts`)] : []),
    ...(name && new RegExp(`\\bclass ${name}\\b`).test(text) ? [main] : []),
    posix.join(sourceRoot, 'app.module.ts'),
  ];
  const file = candidates.find((path) => tree.exists(path));
  if (file === undefined) throw new Error(`There is no root module: ${candidates.join(' and ')} not found. ${MEND}`);
  return { file, name };
}

/** The app's own: every app that is compiled by the Nest CLI has it. */
function typescript() {
  try {
    const ts = require(require.resolve('typescript', { paths: [process.cwd(), __dirname] }));
    if (typeof ts.createSourceFile === 'function') return ts;
  } catch {
    // Said below.
  }
  throw new Error(`The package "typescript" of this app cannot be used to change its files. ${MEND}`);
}
