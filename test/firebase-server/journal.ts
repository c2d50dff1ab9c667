import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { type Write } from './database';
import { fromJson, type Node } from './tree';

/** Every write of a server, one line each, on disk before it is acknowledged: survives kill -9. */
export class Journal {
  constructor(private readonly file: string) {}

  append(namespace: string, writes: readonly Write[]): void {
    const line = writes.map(({ path, node }) => ({ path, data: exact(node) }));
    appendFileSync(this.file, `${JSON.stringify({ namespace, writes: line })}\n`);
  }

  /** All writes, in order. A torn last line was never acknowledged, and goes before the next one is appended to it. */
  *read(): Generator<{ namespace: string; writes: Write[] }> {
    if (!existsSync(this.file)) return;
    const lines = readFileSync(this.file, 'utf8').split('\n');
    const torn = Buffer.byteLength(lines.pop() ?? '');
    if (torn > 0) truncateSync(this.file, statSync(this.file).size - torn);
    for (const line of lines) {
      const entry = JSON.parse(line) as { namespace: string; writes: { path: string[]; data: unknown }[] };
      yield {
        namespace: entry.namespace,
        writes: entry.writes.map(({ path, data }) => ({ path, node: fromJson(data) })),
      };
    }
  }

  clear(): void {
    if (existsSync(this.file)) truncateSync(this.file);
  }
}

function exact(node: Node): unknown {
  if (!(node instanceof Map)) return node;
  return Object.fromEntries([...node].map(([key, child]) => [key, exact(child)]));
}
