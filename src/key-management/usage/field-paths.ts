import { read } from '../classification/evidence/safe-read';
import { isCount } from './stated-counts';

/** The names of fields, from the outside in. */
export type Path = readonly string[];

/** `a.b` → `['a', 'b']`; an empty text is the object itself. */
export const pathOf = (text: string): Path => (text === '' ? [] : text.split('.'));

/** What stands at the path; undefined where nothing does. */
export const valueAt = (source: unknown, path: Path): unknown => path.reduce(read, source);

/** The first of these that is stated as a number of tokens. */
export function firstCount(stated: unknown, paths: readonly Path[]): number | undefined {
  for (const path of paths) {
    const value = valueAt(stated, path);
    if (isCount(value)) return value;
  }
  return undefined;
}

/** What of these is stated, added up. */
export const addedCounts = (stated: unknown, paths: readonly Path[]): number =>
  paths.reduce((sum, path) => sum + (firstCount(stated, [path]) ?? 0), 0);
