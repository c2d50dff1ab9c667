import { createHash } from 'node:crypto';
import type { RedisClient } from './connections';

const hashes = new Map<string, string>();

/** Runs a script by its hash, and sends it whole where the server does not have it (after a restart, or on another node). */
export async function runScript(
  client: RedisClient,
  script: string,
  key: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(hashOf(script), 1, key, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return client.eval(script, 1, key, ...args);
  }
}

function hashOf(script: string): string {
  let hash = hashes.get(script);
  if (!hash) hashes.set(script, (hash = createHash('sha1').update(script).digest('hex')));
  return hash;
}
