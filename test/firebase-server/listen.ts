import type { Database, Write } from './database';
import { hashOf } from './hash';
import { type Path, startsWith } from './path';
import { applyQuery, type Query } from './query';
import { type Node, toJson } from './tree';

/** Sends one data push: `d` replaces what is at the path, `m` replaces some of its descendants. */
export type Push = (action: 'd' | 'm', path: Path, data: unknown, tag?: number) => void;

/** One listen of one connection, with or without a query. */
export class Listen {
  #sentHash: string | undefined;

  constructor(
    private readonly database: Database,
    readonly path: Path,
    readonly query: Query | undefined,
    readonly tag: number | undefined,
    private readonly push: Push,
  ) {}

  /** The first answer; nothing is sent to a client that proves by its hash that it has the data. */
  start(knownHash: unknown): void {
    const node = this.#result();
    this.#sentHash = hashOf(node);
    if (knownHash !== this.#sentHash) this.push('d', this.path, toJson(node), this.tag);
  }

  changed(base: Path, writes: readonly Write[], merge: boolean): void {
    const touching = writes.filter((write) => startsWith(write.path, this.path) || startsWith(this.path, write.path));
    if (touching.length === 0) return;
    if (this.query !== undefined) return this.#resend();
    if (touching.some((write) => startsWith(this.path, write.path))) {
      return this.push('d', this.path, toJson(this.#result()));
    }
    if (!merge) return touching.forEach(({ path, node }) => this.push('d', path, toJson(node)));
    const from = base.length > this.path.length ? base : this.path;
    const children = touching.map(({ path, node }) => [path.slice(from.length).join('/'), toJson(node)] as const);
    this.push('m', from, Object.fromEntries(children));
  }

  #resend(): void {
    const node = this.#result();
    const hash = hashOf(node);
    if (hash === this.#sentHash) return;
    this.#sentHash = hash;
    this.push('d', this.path, toJson(node), this.tag);
  }

  #result(): Node {
    return applyQuery(this.database.get(this.path), this.query);
  }
}
