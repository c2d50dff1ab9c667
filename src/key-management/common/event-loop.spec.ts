import { mapConcurrent, forEachInChunks, SLICE, yieldToEventLoop } from './event-loop';

describe('work in slices', () => {
  it('lets the event loop have its turn after each slice, and keeps the order', async () => {
    const done: number[] = [];
    const atTurns: number[] = [];
    let watching = true;
    const watch = (): void => {
      atTurns.push(done.length);
      if (watching) setImmediate(watch);
    };
    setImmediate(watch);
    await forEachInChunks(Array.from({ length: 1_000 }).keys(), (n) => done.push(n), 100);
    watching = false;
    expect(done).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(atTurns).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  it('does what fits into one slice at once', async () => {
    let done = 0;
    const all = forEachInChunks(Array.from({ length: SLICE }), () => (done += 1));
    expect(done).toBe(SLICE);
    await all;
  });

  it('ends with what goes wrong', async () => {
    const work = (n: number): void => {
      if (n === 150) throw new Error('at 150');
    };
    await expect(forEachInChunks(Array.from({ length: 1_000 }).keys(), work, 100)).rejects.toThrow('at 150');
  });
});

describe('work in parallel', () => {
  it('takes an item when its turn has come, and gives results in the order of items', async () => {
    let taken = 0;
    let ended = 0;
    let most = 0;
    function* items(): Iterable<number> {
      for (let n = 0; n < 100; n += 1) {
        taken += 1;
        most = Math.max(most, taken - ended);
        yield n;
      }
    }
    const results = await mapConcurrent(items(), 7, async (n) => {
      for (let turn = 0; turn < n % 3; turn += 1) await yieldToEventLoop();
      ended += 1;
      return n * 2;
    });
    expect(results).toEqual(Array.from({ length: 100 }, (_, n) => n * 2));
    expect(most).toBeLessThanOrEqual(7);
  });

  it('lets the event loop have its turn where the work waits for nothing', async () => {
    let [inThisTurn, most, isOver] = [0, 0, false];
    const turn = (): void => {
      inThisTurn = 0;
      if (!isOver) setImmediate(turn);
    };
    turn();
    await mapConcurrent(Array.from({ length: 5_000 }).keys(), 8, () => {
      most = Math.max(most, (inThisTurn += 1));
      return Promise.resolve();
    });
    isOver = true;
    expect(most).toBeLessThanOrEqual(2 * SLICE);
  });

  it('is done at once with nothing to do', async () => {
    await expect(mapConcurrent([], 4, () => Promise.resolve(1))).resolves.toEqual([]);
  });
});
