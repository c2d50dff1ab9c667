// Compiles the consumers under `strict` with `skipLibCheck: false`, and says whose types are to blame.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const CONSUMER = 'tools/compat/consumer';
const ERROR = /^(?:(.+?)\((\d+),(\d+)\): )?error (TS\d+): (.*)$/gm;
/** Whose file it is: the innermost package on its path, or the consumer's own. */
const ownerOf = (file) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(`/${file}`)?.[1];

const { name: US, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
/** The consumer, this package, and what it brings along. Types that a Nest app has anyway are their authors' affair. */
const isOurs = (owner) => owner === undefined || owner === US || owner in dependencies;

/** @returns {{ ours: string[], others: string[] }} lines of ours; and owners of the others */
export async function compile({ app, name, compiler = join(app, 'node_modules/typescript/bin/tsc') }) {
  const { passed, output } = await run(process.execPath, [compiler, '-p', name, '--pretty', 'false'], { cwd: app });
  const errors = [...output.matchAll(ERROR)].map(([line, file]) => ({ line, owner: file && ownerOf(file) }));
  const ours = errors.filter(({ owner }) => isOurs(owner)).map(({ line }) => line);
  const others = errors.filter(({ owner }) => !isOurs(owner)).map(({ owner }) => owner);
  if (!passed && errors.length === 0) ours.push(output);
  return { ours, others };
}

/** A value is used through its namespace; a type stands in the import and in its use. */
const isUsed = (surface, name) =>
  new RegExp(`\\b(?:keys|testing)\\.${name}\\b`).test(surface) ||
  (surface.match(new RegExp(`\\b${name}\\b`, 'g'))?.length ?? 0) >= 2;

/** Names that the package exports and the consumer's surface files do not use: then nobody compiled them. */
export function unusedExports(app) {
  const files = readdirSync(CONSUMER).filter((name) => name.startsWith('surface'));
  const surface = files.map((name) => readFileSync(join(CONSUMER, name), 'utf8')).join('\n');
  return ['index', 'testing'].flatMap((entry) => {
    const types = readFileSync(
      join(app, `node_modules/nestjs-ai-key-management/dist/key-management/${entry}.d.ts`),
      'utf8',
    );
    const lists = [...types.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) => list.split(','));
    const names = lists.map((each) => each.replace(/^.* as |\btype /g, '').trim()).filter(Boolean);
    return names.filter((name) => !isUsed(surface, name));
  });
}
