import type { FirebaseSdk } from './sdk';
import type { Session } from './session';
import { paths } from './layout';

/** A lock as it stands in the database: `at` is the server's time of taking, `ttl` is in milliseconds. */
interface StoredLock {
  holder: string;
  at: number;
  ttl: number;
}

/** Takes or renews the lock by a transaction, unless another holder has it. Returns whether `holder` has it now. */
export async function takeLock(
  session: Session,
  { timestamp }: FirebaseSdk,
  lock: { name: string; holder: string; ttlMs: number },
): Promise<boolean> {
  const { name, holder, ttlMs: ttl } = lock;
  const take = (current: StoredLock | null): unknown => {
    const isHeld = current !== null && current.holder !== holder && current.at + current.ttl > session.serverNow();
    return isHeld ? undefined : { holder, at: timestamp, ttl };
  };
  return (await session.root.child(paths.lock(name)).transaction(take, undefined, false)).committed;
}

/** Gives the lock back, if `holder` has it. */
export async function releaseLock(session: Session, name: string, holder: string): Promise<void> {
  // `null` may also mean that the SDK has not heard of the lock yet: only a result makes the server send the stored value.
  const release = (current: StoredLock | null): unknown =>
    current === null || current.holder === holder ? null : undefined;
  await session.root.child(paths.lock(name)).transaction(release, undefined, false);
}
