/** Lets both ends of a connection go on, who share this process, as far as they will; a number of turns, and no time. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
}
