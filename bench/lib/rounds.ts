/** One thing to be measured: runs so many calls and resolves when they are done. */
export interface Case {
  readonly name: string;
  readonly run: (calls: number) => Promise<void>;
  /** Fewer, where a call takes long. */
  readonly mostCalls?: number;
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** `inFlight` loops share the calls; each awaits one after the other. */
export function inLoops(call: () => Promise<unknown>, inFlight: number): (calls: number) => Promise<void> {
  const loop = async (calls: number): Promise<void> => {
    for (let n = 0; n < calls; n += 1) await call();
  };
  return async (calls) => {
    if (inFlight === 1) return loop(calls);
    const each = Math.max(1, Math.round(calls / inFlight));
    await Promise.all(Array.from({ length: inFlight }, () => loop(each)));
  };
}

/** Nanoseconds of processor time, the garbage collector's included: on a busy machine the clock on the wall measures the others too. */
async function timed({ run }: Case, calls: number): Promise<number> {
  const begin = process.cpuUsage();
  await run(calls);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) * 1_000;
}

const SLICE_NS = 20e6;
const WARM_UP_NS = 150e6;

/** Warms a case up, and finds how many calls fill one slice. */
async function calibrated(each: Case): Promise<number> {
  let calls = 16;
  let spent = 0;
  for (;;) {
    const took = await timed(each, calls);
    await turn();
    spent += took;
    const most = each.mostCalls ?? 1e6;
    const wanted = Math.max(16, Math.min(most, Math.round((calls * SLICE_NS) / Math.max(1, took))));
    if (spent > WARM_UP_NS || (calls >= most && spent > SLICE_NS)) return wanted;
    calls = Math.min(wanted, calls * 4);
  }
}

/** Nanoseconds per call, round by round: in each round every case has its slice, so that what disturbs one disturbs all. */
export async function interleaved(cases: readonly Case[], rounds: number): Promise<Map<string, number[]>> {
  const calls = new Map<Case, number>();
  for (const each of cases) calls.set(each, await calibrated(each));
  const found = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < cases.length; n += 1) {
      const each = cases[(n + round * 7) % cases.length]!;
      await turn();
      const count = calls.get(each)!;
      found.get(each.name)!.push((await timed(each, count)) / count);
    }
  }
  return found;
}
