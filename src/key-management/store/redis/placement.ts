import { hashOf } from '../../common/hash';
import type { StoreChange, StoredDocument } from '../port/key-store';
import { mergeMax, mergeSum, replaces } from '../port/merge';

/** The slots of every Redis Cluster. */
const SLOTS = 16_384;

/** All instances write them at the same time, each with fields of many keys: of these documents each field has a place of its own. */
const SPREAD = ['series/key-minutes/', 'series/key-hours/'];

/** What is claimed of a provider's limits has one place, together with the lock under which it is claimed: they are lost or kept together. */
const CLAIMS = 'day-limits/';

/** Whether the fields of the document are on several shards. */
export const isSpread = (doc: string): boolean => SPREAD.some((prefix) => doc.startsWith(prefix));

/**
 * The shard of a document or a lock, or of one field of a document that is spread: from 0 on. It depends on nothing but names and number, because
 * all instances come to it alone. Another release must come to the same.
 */
export function shardOf(name: string, count: number, field = ''): number {
  if (count === 1) return 0;
  if (isSpread(name)) return hashOf(`${name}/${field}`) % count;
  if (!name.startsWith(CLAIMS)) return hashOf(name) % count;
  const end = name.indexOf('/', CLAIMS.length);
  return hashOf(end < 0 ? name : name.slice(0, end)) % count;
}

/** The shards on which documents of the prefix may be. */
export function shardsOf(prefix: string, count: number): readonly number[] {
  const isOfOneProvider = prefix.startsWith(CLAIMS) && prefix.includes('/', CLAIMS.length);
  return isOfOneProvider ? [shardOf(prefix, count)] : Array.from({ length: count }, (_, shard) => shard);
}

/** The changes of a batch by their shard, in their order; a document that is spread is dropped on all. */
export function dividedChanges(changes: readonly StoreChange[], count: number): ReadonlyMap<number, StoreChange[]> {
  const parts = new Map<number, StoreChange[]>();
  const put = (shard: number, change: StoreChange): void => {
    const part = parts.get(shard);
    if (part) part.push(change);
    else parts.set(shard, [change]);
  };
  for (const change of changes) {
    if (change.kind === 'drop' && isSpread(change.doc)) for (let i = 0; i < count; i += 1) put(i, change);
    else put(shardOf(change.doc, count, change.kind === 'drop' ? '' : change.field), change);
  }
  return parts;
}

/** The documents of several shards, of which some have a document each of one name. The first ones are changed in place. */
export function joinedDocuments(parts: readonly StoredDocument[][]): StoredDocument[] {
  if (parts.length === 1) return parts[0]!;
  const documents = new Map<string, StoredDocument>();
  for (const document of parts.flat()) {
    const known = documents.get(document.doc);
    if (!known) {
      documents.set(document.doc, document);
      continue;
    }
    const { registers, maxima, sums } = known;
    for (const [field, register] of Object.entries(document.registers))
      if (replaces(register, registers[field])) registers[field] = register;
    for (const [field, value] of Object.entries(document.maxima)) maxima[field] = mergeMax(maxima[field], value);
    for (const [field, by] of Object.entries(document.sums)) sums[field] = mergeSum(sums[field], by);
  }
  return [...documents.values()];
}

/**
 * What the keys of each shard begin with. The first is the root of a namespace that is not divided. The slots of the others lie evenly around the
 * cluster: each in another of `count` equal parts of it, so that as many masters with equal parts have a shard each.
 */
export function rootsOf(namespace: string, count: number): string[] {
  const first = `akm:${namespace}`;
  const start = partOf(first, count);
  const tags = [first];
  for (let shard = 1; shard < count; shard += 1) {
    const isThere = (tag: string): boolean => partOf(tag, count) === (start + shard) % count;
    let tag = `${first}:${shard}/${count}`;
    for (let tries = 1; !isThere(tag); tries += 1) tag = `${first}:${shard}/${count}.${tries}`;
    tags.push(tag);
  }
  return tags.map((tag) => `{${tag}}:`);
}

const partOf = (tag: string, count: number): number => Math.floor((slotOf(tag) * count) / SLOTS);

/** The slot of a hash tag (CRC16, as XMODEM has it). */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}
