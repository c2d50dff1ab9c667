/** Waits for a number of turns of the event loop, in which both ends of a connection within this process can make progress. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
}
