import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Watched<T> {
  readonly value: T;
  readonly wallMs: number;
  /** The longest that the event loop stood still, milliseconds. */
  readonly stallMs: number;
}

/** Does the work and watches the event loop meanwhile. */
export async function watched<T>(work: () => Promise<T>): Promise<Watched<T>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  const begin = performance.now();
  const value = await work();
  const wallMs = performance.now() - begin;
  // A stall at the end is seen by the timer after it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  return { value, wallMs, stallMs: delay.max / 1e6 };
}
