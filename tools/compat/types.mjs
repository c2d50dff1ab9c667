// Compiles the consumers under `strict` with `skipLibCheck: false`, and tells which package each error belongs to.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const CONSUMER = 'tools/compat/consumer';
const ERROR = /^(?:(.+?)\((\d+),(\d+)\): )?error (TS\d+): (.*)$/gm;
/** The package that a file belongs to: the innermost one on its path. Undefined for a file of the consumer. */
const ownerOf = (file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(`/${file}`)?.[1];

const { name: US, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/** Errors count in the consumer, in this package and in its dependencies, but not in types that a Nest app has anyway. */
const isOurs = (owner) => owner === undefined || owner === US || owner in dependencies;

/** @returns {{ ours: string[], others: string[] }} the errors that count, a line each, and the packages of the others */
export async function compile({ app, name, compiler = join(app, 'node_modules/typescript/bin/tsc') }) {
  const { passed, output } = await run(process.execPath, [compiler, '-p', name, '--pretty', 'false'], { cwd: app });
  const errors = [...output.matchAll(ERROR)].map(([line, file]) => ({ line, owner: file && ownerOf(file) }));
  const ours = errors.filter(({ owner }) => isOurs(owner)).map(({ line }) => line);
  const others = errors.filter(({ owner }) => !isOurs(owner)).map(({ owner }) => owner);
  if (!passed && errors.length === 0) ours.push(output);
  return { ours, others };
}

/** A value is used through its namespace; a type appears twice, in the import and where it is used. */
const isUsed = (surface, name) =>
  new RegExp(`\\b(?:keys|testing|postgres)\\.${name}\\b`).test(surface) ||
  (surface.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0) >= 2;

/** Names that the package exports and that no surface file of the consumer uses, so that they were not compiled. */
export function unusedExports(app) {
  const files = readdirSync(CONSUMER).filter((name) => name.startsWith('surface'));
  const surface = files.map((name) => readFileSync(join(CONSUMER, name), 'utf8')).join('\n');
  return ['index', 'testing', 'postgres'].flatMap((entry) => {
    const types = readFileSync(
      join(app, `node_modules/nestjs-ai-key-management/dist/key-management/${entry}.d.ts`),
      'utf8',
    );
    const lists = [...types.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) => list.split(','));
    const names = lists.map((each) => each.replace(/^.* as |\btype /g, '').trim()).filter(Boolean);
    return names.filter((name) => !isUsed(surface, name));
  });
}
