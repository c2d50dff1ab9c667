import { LONGEST_KEY } from '../../pool/key/api-key';
import type { FieldProblem } from '../api-problem';

/** Keys that one request may bring. */
export const MOST_KEYS = 1_000;
const DEEPEST = 6;
/** A key may have as many characters. */
const LONGEST_TEXT = LONGEST_KEY;
const MOST_FIELDS = 64;
/** Names that reach into a prototype when something copies them carelessly. */
const PROTOTYPE_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** What makes a body or query unfit to be looked at any further. Walks without recursion and stops at the first problem. */
export function hostileInput(input: unknown, root: string, mostItems = MOST_KEYS): FieldProblem | undefined {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: input, path: root, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string' && value.length > LONGEST_TEXT) {
      return { field: path, problem: `must have ${LONGEST_TEXT} characters or fewer` };
    }
    if (typeof value !== 'object' || value === null) continue;
    if (depth === DEEPEST) return { field: path, problem: 'is nested too deeply' };
    const entries = Object.entries(value);
    const most = Array.isArray(value) ? mostItems : MOST_FIELDS;
    if (entries.length > most) {
      const what = Array.isArray(value) ? 'items' : 'fields';
      return { field: path, problem: `must have ${most} ${what} or fewer` };
    }
    for (const [name, each] of entries) {
      if (PROTOTYPE_NAMES.has(name)) return { field: path, problem: 'has a field whose name is not allowed' };
      open.push({ value: each, path: join(path, name, root), depth: depth + 1 });
    }
  }
  return undefined;
}

/** A name that a person may have meant as a field; anything else may be a key in the wrong place and is not repeated. */
export const shownName = (name: string): string =>
  /^(?:[a-z][a-z_]{0,29}|\d{1,4})$/i.test(name) ? name : '(unknown field)';

const join = (path: string, name: string, root: string): string =>
  path === root ? shownName(name) : `${path}.${shownName(name)}`;
