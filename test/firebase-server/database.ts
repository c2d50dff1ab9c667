import { hashOf } from './hash';
import { type Listen } from './listen';
import { type Path, parsePath, startsWith } from './path';
import { ProtocolError } from './protocol-error';
import { resolveServerValues } from './server-values';
import { fromJson, getAt, type Node, setAt, toJson } from './tree';

/** One place that a write replaced. */
export interface Write {
  path: Path;
  node: Node;
}

/** One namespace: its tree, and those who listen to it. Every write is one synchronous step. */
export class Database {
  #root: Node = null;
  readonly #listens = new Set<Listen>();

  /** `onWrite` is told of each write before anyone else, to make it durable. */
  constructor(private readonly onWrite: (writes: readonly Write[]) => void = () => undefined) {}

  get(path: Path): Node {
    return getAt(this.#root, path);
  }

  data(): unknown {
    return toJson(this.#root);
  }

  /** Replaces everything, as an import does. */
  import(json: unknown): void {
    this.#apply([], [{ path: [], node: fromJson(json) }], false);
  }

  /** Applies writes of earlier times without telling `onWrite`. */
  replay(writes: readonly Write[]): void {
    for (const { path, node } of writes) this.#root = setAt(this.#root, path, node);
  }

  /** Replaces what is at `path`; with a hash, only if that is the hash of the present data. */
  put(path: Path, json: unknown, expectedHash?: string): void {
    if (expectedHash !== undefined && expectedHash !== hashOf(this.get(path))) {
      throw new ProtocolError('datastale', 'Transaction was made on data that has changed since');
    }
    const node = fromJson(resolveServerValues(json, this.get(path), Date.now()), path.length);
    this.#apply(path, [{ path, node }], false);
  }

  /** A multi-location update: all places change in one step, or none does. */
  merge(base: Path, json: unknown): void {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new ProtocolError('invalid_data', 'An update must be an object');
    }
    const now = Date.now();
    const writes = Object.entries(json).map(([key, value]) => {
      const relative = parsePath(key);
      if (relative.length === 0) throw new ProtocolError('invalid_path', 'An update holds an empty path');
      const path = [...base, ...relative];
      return { path, node: fromJson(resolveServerValues(value, this.get(path), now), path.length) };
    });
    assertDisjoint(writes);
    this.#apply(base, writes, true);
  }

  addListen(listen: Listen): void {
    this.#listens.add(listen);
  }

  removeListen(listen: Listen): void {
    this.#listens.delete(listen);
  }

  #apply(base: Path, writes: readonly Write[], merge: boolean): void {
    this.onWrite(writes);
    for (const { path, node } of writes) this.#root = setAt(this.#root, path, node);
    for (const listen of this.#listens) listen.changed(base, writes, merge);
  }
}

function assertDisjoint(writes: readonly Write[]): void {
  // NUL sorts before every character that a key may hold, so that an ancestor stands right before its descendants.
  const sorted = [...writes].sort((a, b) => (a.path.join('\0') < b.path.join('\0') ? -1 : 1));
  sorted.forEach((write, i) => {
    const before = sorted[i - 1];
    if (before !== undefined && startsWith(write.path, before.path)) {
      throw new ProtocolError('invalid_data', `${before.path.join('/')} is an ancestor of another path of the update`);
    }
  });
}
