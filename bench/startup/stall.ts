import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Watched<T> {
  readonly value: T;
  readonly wallMs: number;
  /** The longest stall of the event loop, milliseconds. */
  readonly stallMs: number;
  /** The most processor time that passed between two of its turns: what is left of a stall when others' use of the machine is taken away. */
  readonly busyMs: number;
}

/** Processor time of this process with all its threads, milliseconds. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Runs the work, and measures stalls of the event loop meanwhile. */
export async function watched<T>(work: () => Promise<T>): Promise<Watched<T>> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.reset();
  let busyMs = 0;
  let last = processorMs();
  const timer = setInterval(() => {
    const now = processorMs();
    busyMs = Math.max(busyMs, now - last);
    last = now;
  }, 1);
  const begin = performance.now();
  const value = await work();
  const wallMs = performance.now() - begin;
  // The timer after a stall at the end measures it.
  await new Promise((resolve) => setTimeout(resolve, 20));
  clearInterval(timer);
  delay.disable();
  return { value, wallMs, stallMs: delay.max / 1e6, busyMs };
}
