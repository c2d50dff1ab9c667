import { compareKeys, compareValues, MAX_NAME, MIN_NAME } from './ordering';
import { parsePath, type Path } from './path';
import { ProtocolError, unsupported } from './protocol-error';
import { fromJson, getAt, type Node } from './tree';

interface Bound {
  value: Node;
  name: string;
  inclusive: boolean;
}

/** What a listen or get asks for of the children of its place. */
export interface Query {
  index: '.key' | '.value' | '.priority' | Path;
  start?: Bound;
  end?: Bound;
  limit?: number;
  fromRight: boolean;
}

const KNOWN = new Set(['i', 'sp', 'sn', 'sin', 'ep', 'en', 'ein', 'l', 'vf']);

/** Reads the wire's query object; `undefined` if it asks for everything. */
export function parseQuery(wire: unknown): Query | undefined {
  if (wire === undefined || wire === null) return undefined;
  if (typeof wire !== 'object') throw new ProtocolError('invalid_query', 'A query must be an object');
  const q = wire as Record<string, unknown>;
  const unknown = Object.keys(q).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw unsupported(`The query parameter ${unknown}`);
  if (Object.keys(q).length === 0) return undefined;
  const index = parseIndex(q.i);
  if (index === '.priority' && ((q.sp ?? null) !== null || (q.ep ?? null) !== null)) throw unsupported('A priority');
  return {
    index,
    start: 'sp' in q ? bound(index, q.sp, q.sn, q.sin, MIN_NAME) : undefined,
    end: 'ep' in q ? bound(index, q.ep, q.en, q.ein, MAX_NAME) : undefined,
    limit: parseLimit(q.l),
    fromRight: q.vf === 'r',
  };
}

function parseIndex(i: unknown): Query['index'] {
  if (i === undefined || i === '.priority') return '.priority';
  if (i === '.key' || i === '.value') return i;
  return parsePath(i);
}

function parseLimit(limit: unknown): number | undefined {
  if (limit === undefined) return undefined;
  if (Number.isInteger(limit) && (limit as number) > 0) return limit as number;
  throw new ProtocolError('invalid_query', 'A limit must be a positive integer');
}

function bound(index: Query['index'], value: unknown, name: unknown, inclusive: unknown, otherwise: string): Bound {
  if (index === '.key' && typeof value !== 'string') throw new ProtocolError('invalid_query', 'A key must be a string');
  const position = typeof name === 'string' ? name : otherwise;
  return { value: fromJson(value ?? null), name: position, inclusive: inclusive !== false };
}

function compare(index: Query['index'], a: { value: Node; name: string }, b: { value: Node; name: string }): number {
  if (index === '.key') return compareKeys(String(a.value), String(b.value));
  return compareValues(a.value, b.value) || compareKeys(a.name, b.name);
}

function indexed(index: Query['index'], name: string, child: Node): Node {
  if (index === '.key') return name;
  if (index === '.value') return child;
  return index === '.priority' ? null : getAt(child, index);
}

/** The children of `node` that the query asks for; all of it without a query. */
export function applyQuery(node: Node, query: Query | undefined): Node {
  if (query === undefined) return node;
  if (!(node instanceof Map)) return null;
  const { index, start, end, limit } = query;
  let found = [...node]
    .map(([name, child]) => ({ name, child, value: indexed(index, name, child) }))
    .filter((item) => start === undefined || compare(index, start, item) < (start.inclusive ? 1 : 0))
    .filter((item) => end === undefined || compare(index, item, end) < (end.inclusive ? 1 : 0))
    .sort((a, b) => compare(index, a, b));
  if (limit !== undefined) found = query.fromRight ? found.slice(-limit) : found.slice(0, limit);
  return found.length === 0 ? null : new Map(found.map(({ name, child }) => [name, child]));
}
