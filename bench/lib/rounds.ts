import { seededRandom, shuffled } from '../../test/support/seeded-random';

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
const WARM_UP_NS = 200e6;
/** Many short runs warm up better than a few long ones: V8 compiles a function anew when it is called, not while it loops. */
const SHORT_RUN_NS = 1e6;

/** Warms a case up, and finds how many calls fill one slice. */
async function calibrated(each: Case): Promise<number> {
  const most = each.mostCalls ?? 1e6;
  let calls = 16;
  for (let spent = 0; ;) {
    const took = await timed(each, calls);
    await turn();
    spent += took;
    if (spent > WARM_UP_NS) return Math.max(16, Math.min(most, Math.round((calls * SLICE_NS) / Math.max(1, took))));
    if (took < SHORT_RUN_NS) calls = Math.min(most, calls * 2);
  }
}

/**
 * Nanoseconds per call, round by round: in each round every case has its slice, so that what disturbs one disturbs all. In another order each
 * time: the garbage that one leaves behind is collected in the slice of the next.
 */
export async function interleaved(cases: readonly Case[], rounds: number): Promise<Map<string, number[]>> {
  const calls = new Map<Case, number>();
  for (const each of cases) calls.set(each, await calibrated(each));
  const found = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const each of shuffled(cases, seededRandom(round))) {
      await turn();
      const count = calls.get(each)!;
      found.get(each.name)!.push((await timed(each, count)) / count);
    }
  }
  return found;
}
