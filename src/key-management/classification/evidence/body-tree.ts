import { isObject } from './safe-read';

/** What is read of a body, or of one text within it, at most: 64 k characters. */
export const MOST_BODY_CHARACTERS = 65_536;

/** A value of a body that was parsed: plain, frozen and bounded, so that it is read like any object, without guards. */
export type Tree = string | number | boolean | null | undefined | List | Fields;
export type List = readonly Tree[];
export interface Fields {
  readonly [name: string]: Tree;
}

/** Of a list or an object more is not copied. */
const MOST_ITEMS = 16;
const MOST_FIELDS = 256;
const MOST_VALUES = 4_096;
const DEEPEST = 16;
const NO_FIELDS: Fields = Object.freeze(Object.create(null) as Fields);
const NO_ITEMS: List = Object.freeze([]);

/** The roots that were made here: to parse one once more gives the same. */
const TREES = new WeakSet<object>();

/** One object or list on its way into the tree. */
interface Branch {
  readonly source: object;
  readonly copy: Tree[] | Record<string, Tree>;
  readonly depth: number;
  readonly parent: Branch | undefined;
}

/**
 * Copies what may be hostile (an SDK's object, a proxy, a graph with cycles) into a plain tree. It copies own data properties only: no getter
 * runs, a trap that throws reads as nothing, and an object within itself is left out. It goes breadth first, so that the bounds on depth and
 * number of values cut off what lies deepest. Never throws.
 */
export function treeOf(raw: unknown): Tree {
  if (!isObject(raw)) return leafOf(raw);
  if (TREES.has(raw)) return raw as List | Fields;
  const root = branchOf(raw, undefined);
  const branches = [root];
  let values = 0;
  // The list grows while it is gone through.
  for (const branch of branches) {
    for (const [name, value] of ownValues(branch.source)) {
      if (++values > MOST_VALUES) break;
      if (!isObject(value)) {
        const leaf = leafOf(value);
        if (leaf !== undefined) Reflect.set(branch.copy, name, leaf);
      } else if (branch.depth < DEEPEST && !isWithin(branch, value)) {
        const child = branchOf(value, branch);
        Reflect.set(branch.copy, name, child.copy);
        branches.push(child);
      }
    }
  }
  for (const { copy } of branches) Object.freeze(copy);
  TREES.add(root.copy);
  return root.copy;
}

function branchOf(source: object, parent: Branch | undefined): Branch {
  const copy = isArray(source) ? [] : (Object.create(null) as Record<string, Tree>);
  return { source, copy, parent, depth: (parent?.depth ?? 0) + 1 };
}

function leafOf(value: unknown): Tree {
  if (typeof value === 'string') return value.slice(0, MOST_BODY_CHARACTERS);
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : undefined;
}

function isWithin(branch: Branch, source: object): boolean {
  for (let each: Branch | undefined = branch; each; each = each.parent) if (each.source === source) return true;
  return false;
}

/** Own data properties by name; none of bytes and of what throws. */
function ownValues(source: object): [name: string, value: unknown][] {
  if (ArrayBuffer.isView(source)) return [];
  try {
    const names = Array.isArray(source)
      ? Array.from({ length: Math.min(source.length, MOST_ITEMS) }, (_, place) => String(place))
      : Object.getOwnPropertyNames(source).slice(0, MOST_FIELDS);
    return names.map((name) => [name, Object.getOwnPropertyDescriptor(source, name)?.value]);
  } catch {
    return [];
  }
}

/** A revoked proxy throws even at this question. */
function isArray(source: object): boolean {
  try {
    return Array.isArray(source);
  } catch {
    return false;
  }
}

/** The fields of an object; of anything else none. */
export const fieldsOf = (tree: Tree): Fields => (isObject(tree) && !isList(tree) ? tree : NO_FIELDS);

/** The items of a list; of anything else none. */
export const itemsOf = (tree: Tree): List => (isList(tree) ? tree : NO_ITEMS);

export const isList = (tree: Tree): tree is List => Array.isArray(tree);

/** A body, as far as it could be parsed. */
export type ParsedBody =
  { kind: 'json'; value: Tree } | { kind: 'html'; text: string } | { kind: 'text'; text: string } | { kind: 'none' };

export const WITHOUT_BODY: ParsedBody = { kind: 'none' };

/** Parses a body in any form in which it is handed over: a text, bytes, or what a client made of it. Never throws. */
export function parseBody(body: unknown): ParsedBody {
  if (typeof body === 'string') return parseText(body);
  if (body instanceof ArrayBuffer) return parseBody(new Uint8Array(body));
  if (body instanceof Uint8Array) return parseText(new TextDecoder().decode(body.subarray(0, MOST_BODY_CHARACTERS)));
  return isObject(body) ? { kind: 'json', value: treeOf(body) } : WITHOUT_BODY;
}

/** Tells JSON, HTML and other text apart; what is cut off is no JSON. */
function parseText(text: string): ParsedBody {
  const trimmed = text.slice(0, MOST_BODY_CHARACTERS).trim();
  if (trimmed === '') return WITHOUT_BODY;
  const value = jsonIn(trimmed);
  if (value !== undefined) return { kind: 'json', value };
  return looksLikeHtml(trimmed) ? { kind: 'html', text: textOfHtml(trimmed) } : { kind: 'text', text: trimmed };
}

/** The object, list or string that a text wholly is as JSON; undefined for all other texts. */
export function jsonIn(text: string): Tree {
  const trimmed = text.slice(0, MOST_BODY_CHARACTERS).trim();
  if (!/^[{["]/.test(trimmed)) return undefined;
  try {
    return treeOf(JSON.parse(trimmed));
  } catch {
    return undefined;
  }
}

/** Whether a text begins as a page does. */
export const looksLikeHtml = (text: string): boolean =>
  /^\s{0,100}<(?:!doctype html|html|head|body|title)\b/i.test(text);

/** The words of a page, without tags, scripts and styles, on one line. One pass, no pattern matching. */
export function textOfHtml(html: string): string {
  const words: string[] = [];
  const lower = html.toLowerCase();
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    if (open < 0) {
      words.push(html.slice(at));
      break;
    }
    words.push(html.slice(at, open));
    at = endOfTag(lower, open);
  }
  return words.join(' ').replace(/\s+/g, ' ').trim();
}

function endOfTag(lower: string, open: number): number {
  for (const silent of ['script', 'style']) {
    if (lower.startsWith(silent, open + 1)) return after(lower, `</${silent}>`, open);
  }
  return lower.startsWith('<!--', open) ? after(lower, '-->', open) : after(lower, '>', open);
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
}
