import type { Reference } from 'firebase-admin/database';
import { paths } from './layout';

/** A lock as it stands in the database: `at` is the server's time of taking. */
interface StoredLock {
  holder: string;
  at: number;
  ttl: number;
}

export interface LockRequest {
  root: Reference;
  name: string;
  holder: string;
  /** The server's time. */
  now: () => number;
}

/** Takes or renews the lock, unless another holds it. */
export async function takeLock(request: LockRequest, ttlMs: number, timestamp: unknown): Promise<boolean> {
  const { root, name, holder, now } = request;
  const take = (current: StoredLock | null): unknown => {
    const held = current !== null && current.holder !== holder && current.at + current.ttl > now();
    return held ? undefined : { holder, at: timestamp, ttl: ttlMs };
  };
  return (await root.child(paths.lock(name)).transaction(take, undefined, false)).committed;
}

export async function releaseLock({ root, name, holder }: LockRequest): Promise<void> {
  // `null` may also mean that the SDK has not heard of the lock yet: only answering it makes the server send what there is.
  const release = (current: StoredLock | null): unknown =>
    current === null || current.holder === holder ? null : undefined;
  await root.child(paths.lock(name)).transaction(release, undefined, false);
}
