import type { Random } from './clock';

/**
 * Exponential backoff with equal jitter: a bound that doubles with each step, half of it fixed and half random, so that instances which all failed at the
 * same moment do not all come back at the same. Milliseconds.
 * @param step 0 for the first pause.
 */
export function equalJitterMs(
  { initialMs, maxMs }: { readonly initialMs: number; readonly maxMs: number },
  step: number,
  random: Random,
): number {
  const bound = Math.min(maxMs, initialMs * 2 ** Math.min(step, 30));
  return bound / 2 + random() * (bound / 2);
}
