/**
 * Errors of a server that cannot, or can no longer, serve: a replica after a failover, a replica without its master, a
 * server that loads its data or wants a password anew, a node without the slot; or of one whose namespace was divided anew. A new connection finds
 * what is right.
 */
const ELSEWHERE = /^(?:READONLY|MASTERDOWN|LOADING|UNBLOCKED|NOAUTH|MOVED|ASK|CLUSTERDOWN|OTHERSHARDS)\b/;

/** What the server answered, rather than what became of the connection. */
const isReply = (error: unknown): boolean => (error as { name?: unknown } | undefined)?.name === 'ReplyError';

/** Whether to leave this connection, and look for the server anew. Memory, rights or disk that lack are mended on the server. */
export const wantsNewConnection = (error: unknown): boolean => !isReply(error) || ELSEWHERE.test(messageOf(error));

/** The server is a node of a cluster, and another one has the data. */
export const isRedirection = (error: unknown): boolean => isReply(error) && /^(?:MOVED|ASK) /.test(messageOf(error));

export const messageOf = (error: unknown): string => String((error as Error | undefined)?.message ?? error);

const MENDS: readonly (readonly [RegExp, string])[] = [
  [
    /^READONLY|^MASTERDOWN|^UNBLOCKED/,
    'This is a replica. REDIS_URL must lead to the master; it is looked for again, as after a failover.',
  ],
  [
    /^OOM/,
    'Its memory is full: raise maxmemory, or give the keys a Redis of their own (with maxmemory-policy noeviction).',
  ],
  [/^MISCONF/, 'It cannot save its data: look at its log and at its disk.'],
  [/^NOREPLICAS/, 'It has fewer replicas than min-replicas-to-write says.'],
  [/^(?:NOAUTH|WRONGPASS)/, 'Check the user and password in REDIS_URL.'],
  [
    /^NOPERM|can't run this command|No permissions to access/,
    'Its user lacks a right; docs/stores.md has the ACL rule that gives those needed.',
  ],
  [/^CLUSTERDOWN/, 'The cluster lacks a master; it is tried again until it has one.'],
  [
    /SELECT is not allowed in cluster mode/,
    'A Redis Cluster has one database: leave the number out of REDIS_URL, and keep apps apart by KEY_STORE_NAMESPACE.',
  ],
  [
    /cluster support disabled/,
    'Several nodes in REDIS_URL mean a Redis Cluster, and this is none: give one node, or Sentinel by store.options.',
  ],
];

/** What an operator should do about the error, where that is known. */
export function mendFor(error: unknown): string | undefined {
  const message = messageOf(error);
  return MENDS.find(([pattern]) => pattern.test(message))?.[1];
}
