import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { seededRandom, shuffled } from '../../test/support/seeded-random';

/** One thing to be measured: runs so many calls and resolves when they are done. */
export interface Case {
  readonly name: string;
  readonly run: (calls: number) => Promise<void>;
  /** Whether V8 runs the loop around the calls as it has optimized it. */
  readonly isCompiled?: () => boolean;
  /** Fewer calls, where a call takes long. */
  readonly mostCalls?: number;
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

setFlagsFromString('--allow-natives-syntax');
const optimizationStatus = runInThisContext('(f) => %GetOptimizationStatus(f)') as (f: unknown) => number;
/** V8's `OptimizationStatus::kOptimized`. */
const OPTIMIZED = 1 << 4;

/** `inFlight` loops share the calls; each awaits one after the other. */
export function inLoops(call: () => Promise<unknown>, inFlight: number): Pick<Case, 'run' | 'isCompiled'> {
  const loop = async (calls: number): Promise<void> => {
    for (let n = 0; n < calls; n += 1) await call();
  };
  return {
    run: async (calls) => {
      if (inFlight === 1) return loop(calls);
      const each = Math.max(1, Math.round(calls / inFlight));
      await Promise.all(Array.from({ length: inFlight }, () => loop(each)));
    },
    isCompiled: () => (optimizationStatus(loop) & OPTIMIZED) !== 0,
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
const MOST_WARM_UP_ROUNDS = 30;
const SLICE_NS = 20e6;
/** Many short runs warm up better than a few long ones: V8 compiles a function anew when it is called, not while it loops. */
const WARM_UP_RUNS = 128;
const SHORT_RUN_NS = 1e6;
/** This many runs show that a call is slow: a single run may include work of V8's other threads. */
const RUNS_OF_SLOW = 5;

/**
 * Warms a case up, and finds how many calls fill one slice, by its quickest run. It is the runs that are counted, and not the time they
 * take: after a large heap was built, V8's other threads still sweep and compile, and the first sixteen calls were charged 200 ms for it.
 * The warm-up ended there, and the case was measured uncompiled, by sixteen calls a round.
 */
async function calibrated(each: Case): Promise<number> {
  const most = each.mostCalls ?? 1e6;
  let calls = 16;
  let quickest = Infinity;
  for (let run = 1; run <= WARM_UP_RUNS; run += 1) {
    quickest = Math.min(quickest, await perCall(each, calls));
    await turn();
    if (run >= RUNS_OF_SLOW && quickest * calls > SLICE_NS) break;
    if (quickest * calls < SHORT_RUN_NS && calls < most) {
      calls = Math.min(most, calls * 2);
      // A run that is shorter than the clock's tick may have taken nothing.
      quickest = Infinity;
    }
  }
  return Math.max(16, Math.min(most, Math.round(SLICE_NS / quickest)));
}

/**
 * Nanoseconds per call, round by round: in each round every case has its slice, so that what disturbs one disturbs all. In another order each
 * time, and after a collection of what the case before has left behind: of young garbage only, because a full collection also forgets hidden
 * classes that compiled code depends on. The first case is what the others are compared with: no round counts before V8 runs it compiled.
 */
export async function interleaved(cases: readonly Case[], rounds: number): Promise<Map<string, number[]>> {
  const calls = new Map<Case, number>();
  globalThis.gc?.();
  for (const each of cases) calls.set(each, await calibrated(each));
  const found = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = 0, counted = 0; counted < rounds; round += 1) {
    const counts = round >= WARM_UP_ROUNDS && (cases[0]!.isCompiled?.() ?? true);
    if (!counts && round >= MOST_WARM_UP_ROUNDS) throw new Error(`V8 does not compile the case ${cases[0]!.name}`);
    for (const each of shuffled(cases, seededRandom(round))) {
      globalThis.gc?.({ type: 'minor' });
      await turn();
      const ns = await perCall(each, calls.get(each)!);
      if (counts) found.get(each.name)!.push(ns);
    }
    if (counts) counted += 1;
  }
  return found;
}
