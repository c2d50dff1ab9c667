import { assertDepth, assertKey, type Path } from './path';
import { ProtocolError, unsupported } from './protocol-error';

type Leaf = string | number | boolean;
type Branch = Map<string, Node>;
/** The data at one place; `null` is no data. A branch is never empty. */
export type Node = Leaf | Branch | null;
type Json = unknown;

const MAX_STRING_BYTES = 10 * 1024 * 1024;

/** Reads data as the service takes it: nulls and empty objects vanish, arrays become objects with integer keys. */
export function fromJson(json: Json, depth = 0): Node {
  assertDepth(depth);
  if (json === null) return null;
  if (typeof json === 'string') {
    if (Buffer.byteLength(json) > MAX_STRING_BYTES) throw new ProtocolError('too_big', 'A string exceeds 10 MB');
    return json;
  }
  if (typeof json === 'number' || typeof json === 'boolean') return json;
  if (typeof json !== 'object') throw new ProtocolError('invalid_data', `Data cannot be a ${typeof json}`);
  const entries = Object.entries(json);
  if (entries.some(([key]) => key === '.priority')) throw unsupported('A priority');
  if (entries.length === 1 && entries[0]![0] === '.value') return fromJson(entries[0]![1], depth);
  const branch: Branch = new Map();
  for (const [key, value] of entries) {
    assertKey(key);
    const node = fromJson(value, depth + 1);
    if (node !== null) branch.set(key, node);
  }
  return branch.size === 0 ? null : branch;
}

/** Writes data as the service does: an object of mostly consecutive integer keys comes out as an array. */
export function toJson(node: Node): Json {
  if (!(node instanceof Map)) return node;
  const length = arrayLength(node);
  if (length > 0) return Array.from({ length }, (_, i) => toJson(node.get(String(i)) ?? null));
  return Object.fromEntries([...node].map(([key, child]) => [key, toJson(child)]));
}

function arrayLength(branch: Branch): number {
  let max = -1;
  for (const key of branch.keys()) {
    if (!/^(0|[1-9]\d{0,8})$/.test(key)) return 0;
    max = Math.max(max, Number(key));
  }
  return max < 2 * branch.size ? max + 1 : 0;
}

export function getAt(root: Node, path: Path): Node {
  let node: Node = root;
  for (const key of path) {
    if (!(node instanceof Map)) return null;
    node = node.get(key) ?? null;
  }
  return node;
}

/** Puts `value` at `path` in place and returns the new root; branches left empty vanish. */
export function setAt(root: Node, path: Path, value: Node): Node {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (!(root instanceof Map) && value === null) return root;
  const branch: Branch = root instanceof Map ? root : new Map();
  const child = setAt(branch.get(key) ?? null, rest, value);
  if (child === null) branch.delete(key);
  else branch.set(key, child);
  return branch.size === 0 ? null : branch;
}
