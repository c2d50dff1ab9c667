import type { Clock } from './clock';

/**
 * Waits for the work, but no longer than the limit (milliseconds): whether it was done in time. Rejects if the work does.
 * @param keepAlive Whether the process lives on for the limit. Default true.
 */
export async function within(
  limitMs: number,
  work: Promise<unknown>,
  clock: Clock,
  keepAlive = true,
): Promise<boolean> {
  let cancelTimer: (() => void) | undefined;
  const late = new Promise<boolean>((resolve) => {
    cancelTimer = clock.after(limitMs, () => resolve(false), keepAlive);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancelTimer?.();
  }
}
