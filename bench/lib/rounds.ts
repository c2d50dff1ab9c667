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

/** A multiple of all numbers of calls in flight, so that each of them makes as many. */
const SHORT_RUN_CALLS = 1_024;

/**
 * Nanoseconds of processor time per call, the garbage collector's included: on a busy machine the clock on the wall measures the others too.
 * Many calls are made in short runs: V8 takes to code that it compiled meanwhile when a function is called, not while it loops.
 */
async function perCall({ run }: Case, calls: number): Promise<number> {
  const runs = Math.max(1, Math.round(calls / SHORT_RUN_CALLS));
  const each = runs === 1 ? calls : SHORT_RUN_CALLS;
  const begin = process.cpuUsage();
  for (let n = 0; n < runs; n += 1) await run(each);
  const { user, system } = process.cpuUsage(begin);
  return ((user + system) * 1_000) / (runs * each);
}

/** Rounds before those that count: what one case has taught V8 it unlearns at the next, until it has seen all of them. */
const WARM_UP_ROUNDS = 3;
const SLICE_NS = 20e6;
const WARM_UP_NS = 200e6;
/** Many short runs warm up better than a few long ones: V8 compiles a function anew when it is called, not while it loops. */
const SHORT_RUN_NS = 1e6;

/**
 * Warms a case up, and finds how many calls fill one slice. By its quickest run: after a large heap was built, V8's other threads work on
 * it for a while, and what they take would pass for the calls' own; a case measured then got so few calls that it was never compiled.
 */
async function calibrated(each: Case): Promise<number> {
  const most = each.mostCalls ?? 1e6;
  let calls = 16;
  let quickest = Infinity;
  for (let spent = 0; ;) {
    const ns = await perCall(each, calls);
    await turn();
    quickest = Math.min(quickest, ns);
    spent += quickest * calls;
    if (spent > WARM_UP_NS) return Math.max(16, Math.min(most, Math.round(SLICE_NS / Math.max(1, quickest))));
    if (quickest * calls < SHORT_RUN_NS) calls = Math.min(most, calls * 2);
  }
}

/**
 * Nanoseconds per call, round by round: in each round every case has its slice, so that what disturbs one disturbs all. In another order each
 * time: the garbage that one leaves behind is collected in the slice of the next.
 */
export async function interleaved(cases: readonly Case[], rounds: number): Promise<Map<string, number[]>> {
  const calls = new Map<Case, number>();
  globalThis.gc?.();
  for (const each of cases) calls.set(each, await calibrated(each));
  const found = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round += 1) {
    for (const each of shuffled(cases, seededRandom(round + WARM_UP_ROUNDS))) {
      await turn();
      const ns = await perCall(each, calls.get(each)!);
      if (round >= 0) found.get(each.name)!.push(ns);
    }
  }
  return found;
}
