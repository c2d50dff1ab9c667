import { ProtocolError } from './protocol-error';

export type Path = readonly string[];

// eslint-disable-next-line no-control-regex -- control characters are what the service forbids
const FORBIDDEN = /[.#$[\]/\u0000-\u001f\u007f]/;
const MAX_KEY_BYTES = 768;
const MAX_DEPTH = 32;

export function assertKey(key: string): void {
  if (key === '' || FORBIDDEN.test(key)) throw new ProtocolError('invalid_path', `Invalid key ${JSON.stringify(key)}`);
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new ProtocolError('invalid_path', 'A key is longer than 768 bytes');
}

export function assertDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new ProtocolError('invalid_path', `Deeper than ${MAX_DEPTH} levels`);
}

/** `/a/b` → `['a', 'b']`; refuses what the service refuses. */
export function parsePath(text: unknown): Path {
  if (typeof text !== 'string') throw new ProtocolError('invalid_path', 'A path must be a string');
  const path = text.split('/').filter((segment) => segment !== '');
  path.forEach(assertKey);
  assertDepth(path.length);
  return path;
}

export function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((segment, i) => segment === path[i]);
}
