import type { StoredDocument } from '../port/key-store';
import { StoreError } from '../port/store-error';
import type { PackedChange } from '../server/packed-changes';
import type { RedisConnection } from './connection';
import { pack, readDocument, PAGE, PAGE_FIELDS, type Page } from './packing';
import { rootsOf, shardOf } from './placement';
import { FORGET_STREAMS, LOAD, LOCK, MARK, UNLOCK, WRITE } from './scripts';

/** Only one instance divides, so that not all do the same; another goes on after so long without a sign of it. Milliseconds. */
const LOCK_MS = 15_000;
const LOCK_NAME = 'shards';
/** Changes per write. */
const CHANGES = 1_000;

/** How a namespace is divided; `from`: it is being divided over `to` shards, and not all documents are there yet. */
interface Mark {
  readonly from?: number;
  readonly to: number;
}

/** From `4`, or `1>4` while it is being divided. @throws StoreError `unavailable` for anything else */
export function readMark(mark: string): Mark {
  const [, first, second] = /^(\d+)(?:>(\d+))?$/.exec(mark) ?? [];
  if (first === undefined)
    throw new StoreError(
      'unavailable',
      'Somebody else wrote into the field "shards" of the namespace: it is no number.',
    );
  return second === undefined ? { to: Number(first) } : { from: Number(first), to: Number(second) };
}

export const beingDivided = (namespace: string, to: number): string =>
  `The documents of the namespace ${namespace} are being divided over ${to} shards, which is done once; the store is used when that is done.`;

export const otherMark = (mark: string): string =>
  `The namespace is divided otherwise than a moment ago (${mark}); the connections are made anew.`;

export const fewerShards = (namespace: string, own: number, kept: number): string =>
  `store.shards (KEY_STORE_SHARDS) is ${own}, but the namespace ${namespace} is divided over ${kept} shards, and can only be divided further. ` +
  `Set it to ${kept} for all instances, or give them another KEY_STORE_NAMESPACE, which begins without what was kept.`;

interface Division {
  readonly namespace: string;
  readonly holder: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Divides a namespace over more shards than before, and puts each document into its place.
 *
 * A mark in each shard says how the namespace is divided, and each script refuses to work for an instance that goes by another. The mark of the first
 * shard is set first and cleared last; until then no instance reads or writes. What is copied merges with what is there, and goes from
 * where it was when it is in its place: so whoever breaks off can be followed by another, who begins anew.
 * @throws StoreError `unavailable` while another instance does it; what the server said
 */
export async function divide(
  connection: Pick<RedisConnection, 'script'>,
  { namespace, holder, from: earlier, to }: Division,
): Promise<void> {
  const [sources, targets] = [rootsOf(namespace, earlier), rootsOf(namespace, to)];
  const [first, ...others] = [...new Set([...targets, ...sources])] as [string, ...string[]];
  const [before, during, after] = [String(earlier), `${earlier}>${to}`, String(to)];
  const run = (root: string, script: string, ...args: (string | number)[]): Promise<unknown> =>
    connection.script(script, root, during, args);
  const mark = (root: string, next: string, ...allowed: string[]): Promise<unknown> =>
    connection.script(MARK, root, next, allowed);

  if ((await mark(first, during, before, during)) !== during) throw new StoreError('unavailable', otherMark('anew'));
  const renew = async (): Promise<void> => {
    if (Number(await run(first, LOCK, LOCK_NAME, holder, LOCK_MS)) !== 1)
      throw new StoreError('unavailable', beingDivided(namespace, to));
  };
  await renew();
  const write = async (root: string, changes: readonly CopiedChange[]): Promise<void> => {
    await renew();
    await run(root, WRITE, JSON.stringify(changes), holder, '', `divided-${holder}`, 0, '');
  };
  const marks = await Promise.all(others.map((root) => mark(root, during, '', before, during)));
  // Otherwise all is in its place, and who broke off had begun to say so.
  if (!marks.includes(after)) {
    for (const source of sources) {
      for (let from = '', isLast = false; !isLast;) {
        const answer = await run(source, LOAD, '', from, PAGE, PAGE_FIELDS, '');
        const [, last, ...rest] = JSON.parse(String(answer)) as Page;
        const { away, left } = placed(rest, source, targets);
        for (const [root, batches] of away) for (const batch of batches) await write(root, batch);
        for (const batch of left) await write(source, batch);
        from = last;
        isLast = last === '';
      }
    }
    for (const root of sources) if (!targets.includes(root)) await run(root, FORGET_STREAMS);
  }
  await Promise.all(others.map((root) => mark(root, after, '', during)));
  await run(first, UNLOCK, LOCK_NAME, holder);
  await mark(first, after, during);
}

/** Beside the changes of a batch: a sum that is copied, which is the same however often. */
type CopiedChange = PackedChange | ['g', doc: string, field: string, number: string];

interface Placed {
  /** What goes to other roots, in batches. */
  readonly away: ReadonlyMap<string, readonly (readonly CopiedChange[])[]>;
  /** What is left of the documents of which something went. */
  readonly left: readonly (readonly CopiedChange[])[];
}

function placed(namesAndHashes: readonly unknown[], source: string, targets: readonly string[]): Placed {
  const away = new Map<string, CopiedChange[][]>();
  const left: CopiedChange[][] = [];
  for (let i = 0; i + 1 < namesAndHashes.length; i += 2) {
    const doc = namesAndHashes[i] as string;
    const staying: CopiedChange[] = [];
    let isAway = false;
    for (const change of changesOf(readDocument(doc, namesAndHashes[i + 1] as string[]))) {
      const root = targets[shardOf(doc, targets.length, change[2])]!;
      if (root === source) staying.push(change);
      else {
        isAway = true;
        if (!away.has(root)) away.set(root, []);
        append(away.get(root)!, [change]);
      }
    }
    // Dropped and begun anew in one batch.
    if (isAway) append(left, [['d', doc], ...staying]);
  }
  return { away, left };
}

/** Adds changes that belong together to the last batch, or begins one. */
function append(batches: CopiedChange[][], changes: readonly CopiedChange[]): void {
  let batch = batches.at(-1);
  if (!batch || batch.length >= CHANGES) batches.push((batch = []));
  for (const change of changes) batch.push(change);
}

function changesOf({ doc, registers, maxima, sums }: StoredDocument): Exclude<CopiedChange, ['d', string]>[] {
  return [
    ...Object.entries(registers).map(([field, register]) => pack({ kind: 'set', doc, field, register })),
    ...Object.entries(maxima).map(([field, value]) => pack({ kind: 'max', doc, field, value })),
    ...Object.entries(sums).map(([field, value]): CopiedChange => ['g', doc, field, String(value)]),
  ] as Exclude<CopiedChange, ['d', string]>[];
}
