import { performance, PerformanceObserver } from 'node:perf_hooks';
import { median } from './statistics';
import { turn, type Case } from './rounds';

const ROUNDS = 7;

/** Frees everything that can be freed. Node must run with --expose-gc. */
export function collectGarbage(): void {
  const { gc } = globalThis;
  if (!gc) throw new Error('Run node with --expose-gc.');
  gc();
}

/** Bytes that a call allocates, whether they live on or not: what the heap grows by while nothing is collected. */
export async function bytesPerCall({ run, mostCalls = 512 }: Case): Promise<number> {
  const calls = Math.min(512, mostCalls);
  const collections: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntries()) collections.push(startTime);
  });
  observer.observe({ entryTypes: ['gc'] });
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await run(calls);
    collectGarbage();
    const begin = performance.now();
    const before = process.memoryUsage().heapUsed;
    await run(calls);
    const grown = process.memoryUsage().heapUsed - before;
    const end = performance.now();
    await turn();
    await turn();
    if (!collections.some((at) => at >= begin && at <= end)) found.push(grown / calls);
  }
  observer.disconnect();
  return median(found);
}
