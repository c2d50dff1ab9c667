import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes by which the heap grows per call. A collection in between would show too little, so the greatest of the usual ones counts. */
export async function bytesPerCall(run: (calls: number) => Promise<void>, calls = 400): Promise<number> {
  const grown: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    await run(calls);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    await run(calls);
    grown.push((process.memoryUsage().heapUsed - before) / calls);
  }
  return grown.sort((a, b) => a - b)[grown.length >> 1]!;
}

/** What is held after everything that can be freed was. */
export function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
