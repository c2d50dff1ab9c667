import type { KeyStatus } from '../src/key-management';

export const isRemoved = (status: KeyStatus): boolean =>
  status === 'invalid_key' || status === 'quota_exceeded' || status === 'disabled';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the condition holds; false if that takes longer than the limit. */
export async function holds(condition: () => boolean, limitMs = 10_000): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await pause(20);
  }
  return true;
}
