import { createHash } from 'node:crypto';
import type { RedisClient } from '../../configuration/key-management.options';

const hashes = new Map<string, string>();

/**
 * Runs a script by its hash, and sends it whole where the server does not have it (after a restart, or on another node).
 *
 * It names two keys: the root, which never exists, and `meta`. So a cluster refuses it (TRYAGAIN) while the slot moves from node to node:
 * a script would find a part of the keys on either.
 */
export async function runScript(
  client: RedisClient,
  script: string,
  root: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  const keys = [root, `${root}meta`];
  try {
    return await client.evalsha(hashOf(script), keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return client.eval(script, keys.length, ...keys, ...args);
  }
}

function hashOf(script: string): string {
  let hash = hashes.get(script);
  if (!hash) hashes.set(script, (hash = createHash('sha1').update(script).digest('hex')));
  return hash;
}
