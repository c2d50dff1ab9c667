import type { Clock } from '../../src/key-management/common/clock';
import { ApiKey } from '../../src/key-management/pool/key/api-key';
import { KeyPool } from '../../src/key-management/pool/key-pool';
import { benchKey } from '../lib/pool-app';
import { seededRandom } from '../../test/support/seeded-random';

const KEYS = 100;
const CALLS = 10_000;
const EVERY_MS = 10;

/** One way of choosing: returns the number of a key, and receives the result of its call. */
export interface Chooser {
  readonly name: string;
  readonly start: (clock: Clock, random: () => number) => (fails: (key: number) => boolean) => number;
}

const ours: Chooser = {
  name: 'this package',
  start: (clock, random) => {
    const nothing = { keyChanged: () => undefined, keyFreed: () => undefined };
    const pool = new KeyPool('openai', nothing, clock, random);
    const numbers = new Map<string, number>();
    for (let n = 0; n < KEYS; n += 1) {
      const record = pool.add(new ApiKey(benchKey(n)), {}, 'configuration', 'configuration');
      pool.leaseForProbe(record).settle('ok');
      numbers.set(record.id, n);
    }
    return (fails) => {
      const lease = pool.lease()!;
      const key = numbers.get(lease.keyId)!;
      lease.settle(fails(key) ? 'unknown' : 'ok');
      return key;
    };
  },
};

const roundRobin: Chooser = {
  name: 'round robin',
  start: () => {
    let next = 0;
    return (fails) => {
      const key = next++ % KEYS;
      fails(key);
      return key;
    };
  },
};

/** Chooses by the success rate since the start, as some key pools do: a key that recovers never regains its share. */
const bestOfTwoForEver: Chooser = {
  name: 'best of two random by success rate',
  start: (_clock, random) => {
    const calls = new Float64Array(KEYS).fill(1);
    const good = new Float64Array(KEYS).fill(1);
    return (fails) => {
      const [one, other] = [Math.floor(random() * KEYS), Math.floor(random() * KEYS)];
      const key = good[one]! / calls[one]! >= good[other]! / calls[other]! ? one : other;
      calls[key]! += 1;
      if (!fails(key)) good[key]! += 1;
      return key;
    };
  },
};

export const CHOOSERS = [roundRobin, bestOfTwoForEver, ours];

export interface Quality {
  /** Share of first attempts that succeed while a fifth of the keys fails half the time; the best there is would be 1. */
  readonly success: number;
  /** Calls that failed on a key that went bad for good, of 2,000. */
  readonly lost: number;
  /** What the key gets after it recovered, as a share of a fair part. */
  readonly regained: number;
}

export function qualityOf(chooser: Chooser, seed: number): Quality {
  return { success: successShare(chooser, seed), ...recovery(chooser, seed) };
}

function started({ start }: Chooser, seed: number) {
  let now = 1_000_000;
  const clock: Clock = { now: () => now, after: () => () => undefined };
  const choose = start(clock, seededRandom(seed));
  return (fails: (key: number) => boolean): number => {
    now += EVERY_MS;
    return choose(fails);
  };
}

function successShare(chooser: Chooser, seed: number): number {
  const choose = started(chooser, seed);
  const chance = seededRandom(seed + 1_000);
  let failed = 0;
  for (let call = 0; call < CALLS; call += 1) {
    choose((key) => {
      const fails = key % 5 === 0 && chance() < 0.5;
      if (fails) failed += 1;
      return fails;
    });
  }
  return 1 - failed / CALLS;
}

function recovery(chooser: Chooser, seed: number): Pick<Quality, 'lost' | 'regained'> {
  const choose = started(chooser, seed);
  const victim = 1;
  for (let call = 0; call < 1_000; call += 1) choose(() => false);
  let lost = 0;
  for (let call = 0; call < 2_000; call += 1) if (choose((key) => key === victim) === victim) lost += 1;
  for (let call = 0; call < 3_000; call += 1) choose(() => false);
  let used = 0;
  for (let call = 0; call < CALLS; call += 1) if (choose(() => false) === victim) used += 1;
  return { lost, regained: used / (CALLS / KEYS) };
}
