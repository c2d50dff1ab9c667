/** Polls until a condition holds. Resolves with the milliseconds it took, or undefined after the limit. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs: number): Promise<number | undefined> {
  const startedAt = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - startedAt;
    if (performance.now() - startedAt > limitMs) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
