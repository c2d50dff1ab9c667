import { type Node } from './tree';

export const MIN_NAME = '[MIN_NAME]';
export const MAX_NAME = '[MAX_NAME]';

function asInt32(key: string): number | null {
  if (!/^-?0*\d{1,10}$/.test(key)) return null;
  const value = Number(key);
  return value >= -2147483648 && value <= 2147483647 ? value : null;
}

/** Keys that read as 32-bit integers come first, by size; the others by their text. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (a === MIN_NAME || b === MAX_NAME) return -1;
  if (b === MIN_NAME || a === MAX_NAME) return 1;
  const [aInt, bInt] = [asInt32(a), asInt32(b)];
  if (aInt !== null && bInt !== null) return aInt - bInt || a.length - b.length;
  if (aInt !== null) return -1;
  if (bInt !== null) return 1;
  return a < b ? -1 : 1;
}

const rank = (node: Node): number =>
  node === null ? 0 : node instanceof Map ? 4 : { boolean: 1, number: 2, string: 3 }[typeof node as 'boolean'];

/** No data, then false, true, numbers, strings, and branches, which are all equal. */
export function compareValues(a: Node, b: Node): number {
  const byRank = rank(a) - rank(b);
  if (byRank !== 0 || a === null || b === null || a instanceof Map || b instanceof Map) return byRank;
  return a === b ? 0 : a < b ? -1 : 1;
}
