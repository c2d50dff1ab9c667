import type { Clock } from '../clock';

/** Waits for the work, but no longer than the limit (milliseconds). */
export async function within(limitMs: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  let cancelTimer: (() => void) | undefined;
  const limit = new Promise<void>((resolve) => {
    cancelTimer = clock.after(limitMs, resolve);
  });
  await Promise.race([work, limit]);
  cancelTimer?.();
}
