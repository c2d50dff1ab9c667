import { createHash } from 'node:crypto';
import { compareKeys } from './ordering';
import { type Node } from './tree';

const sha1 = (text: string): string => createHash('sha1').update(text, 'utf8').digest('base64');

function ieee754(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

/** The hash by which a client proves that it knows the present data: SHA-1 of a canonical text, '' for no data. */
export function hashOf(node: Node): string {
  if (node === null) return '';
  if (typeof node === 'number') return sha1(`number:${ieee754(node)}`);
  if (!(node instanceof Map)) return sha1(`${typeof node}:${node}`);
  const keys = [...node.keys()].sort(compareKeys);
  return sha1(keys.map((key) => `:${key}:${hashOf(node.get(key)!)}`).join(''));
}
