import type { Random } from '../clock';
import type { Eligible } from './eligible';
import { IN_FLIGHT, RATE, RATE_AT, RatingTable, TURN, WEIGHT, type Rating } from './rating';
import type { Slot } from './slot';

/** Up to this many eligible keys are all looked at; of more, so many. */
const LOOK_AT_ALL = 8;
const SAMPLE = 4;
/** So often a draw is repeated, at the most, to draw keys by their weight. */
const MOST_DRAWS = 16;

/** A key's success rate goes half the way back to its provider's mean in this time, so that a recovered key is tried. */
const FORGETTING_MS = 60_000;
const LEARNING = 0.2;
/** The least share of a full one that a failing key keeps, so that its recovery is noticed. */
const LONGEST_STRIDE = 32;

/** A key that went unused makes up for so many turns, so that it is not flooded: its calls may have been for other models. */
const MOST_TURNS_BEHIND = 8;

/** What all keys of a pool are compared with. */
export interface PoolMean {
  /** Mean success rate, 0..1. */
  rate: number;
  /** The greatest weight among the keys, and the least. */
  heaviest: number;
  lightest: number;
  /** How far the order of choice has come: keys that join start here. */
  turn: number;
  /** The keys' own numbers. */
  readonly ratings: RatingTable;
}

export const newMean = (): PoolMean => ({
  rate: 1,
  turn: 0,
  heaviest: 0,
  lightest: Infinity,
  ratings: new RatingTable(),
});

/** The key's success rate as it counts now: what was learned fades towards the pool's mean. */
function currentRate(numbers: Float64Array, row: number, mean: PoolMean, now: number): number {
  // While nothing fails, all are the same.
  if (numbers[row + RATE] === mean.rate) return mean.rate;
  const age = Math.max(0, now - numbers[row + RATE_AT]!);
  return mean.rate + (numbers[row + RATE]! - mean.rate) * (FORGETTING_MS / (FORGETTING_MS + age));
}

export function learnRate(key: Rating, mean: PoolMean, success: boolean, now: number): void {
  const { row } = key;
  const { numbers } = key.table;
  const rate = currentRate(numbers, row, mean, now);
  const seen = success ? 1 : 0;
  numbers[row + RATE] = rate + (seen - rate) * LEARNING;
  numbers[row + RATE_AT] = now;
  mean.rate += (seen - mean.rate) * 0.01;
}

/**
 * How far one use moves a key back in the order of choice: the less, the greater its weight and success rate.
 * The sixth power makes a key that fails half the time rare instead of half as frequent.
 */
function stride(numbers: Float64Array, row: number, mean: PoolMean, now: number): number {
  const rate = currentRate(numbers, row, mean, now);
  const weight = numbers[row + WEIGHT]!;
  // The usual key, spared the divisions.
  if (rate === 1) return weight === 1 ? 1 : 1 / weight;
  const squared = rate * rate;
  const share = squared * squared * squared;
  return Math.min(LONGEST_STRIDE, 1 / Math.max(share, 1e-9)) / weight;
}

/** Lower is better: success rate and weight against calls in flight and use so far. */
function rank(numbers: Float64Array, row: number, mean: PoolMean, now: number): number {
  return numbers[row + TURN]! + (1 + numbers[row + IN_FLIGHT]!) * stride(numbers, row, mean, now);
}

/** Never narrows: a heaviest or lightest key that has left costs further draws, and nothing else. */
export function noteWeight(mean: PoolMean, weight: number): void {
  mean.heaviest = Math.max(mean.heaviest, weight);
  mean.lightest = Math.min(mean.lightest, weight);
}

/** Books one use of the key: it takes its turn. */
export function takeTurn(key: Rating, mean: PoolMean, now: number): void {
  const { row } = key;
  const { numbers } = key.table;
  const turn = numbers[row + TURN]!;
  if (turn > mean.turn) mean.turn = turn;
  numbers[row + TURN] = Math.max(turn, mean.turn - MOST_TURNS_BEHIND) + stride(numbers, row, mean, now);
}

/**
 * The best of all; of many, the best of four: two that a walk through all comes to, since neighbours lie in the cache,
 * and two at random, for where the walk leads through a stretch of bad keys. Excluded ones are passed over.
 */
export function choose(
  eligible: Eligible,
  exclude: ReadonlySet<string> | undefined,
  mean: PoolMean,
  now: number,
  random: Random,
): Slot | undefined {
  const { slots, rows, length } = eligible;
  const { numbers } = mean.ratings;
  const few = length <= LOOK_AT_ALL;
  const drawn = !few && mean.heaviest !== mean.lightest;
  const walk = few ? 0 : eligible.step(random);
  const leap = few ? 0 : Math.floor(random() * length);
  let chosen = -1;
  let chosenRank = Infinity;
  for (let look = 0; look < (few ? length : SAMPLE); look += 1) {
    const first = (look < 2 ? walk : leap) + (look % 2);
    const near = few ? look : first < length ? first : 0;
    const at = drawn ? draw(near, eligible, mean, random) : near;
    if (exclude?.has(slots[at]!.record.id)) continue;
    const rankHere = rank(numbers, rows[at]!, mean, now);
    if (rankHere < chosenRank) {
      chosen = at;
      chosenRank = rankHere;
    }
  }
  if (chosen >= 0) return slots[chosen];
  return few ? undefined : firstFrom(slots, leap, exclude);
}

/** The first, or by its weight another at random: a key must be looked at as often as it should be used. */
function draw(first: number, { rows, length }: Eligible, { heaviest, ratings }: PoolMean, random: Random): number {
  let at = first;
  for (let tries = 1; tries < MOST_DRAWS; tries += 1) {
    const weight = ratings.numbers[rows[at]! + WEIGHT]!;
    if (weight >= heaviest || random() * heaviest < weight) break;
    at = Math.floor(random() * length);
  }
  return at;
}

/** All looked at were excluded: the next one that is not, so that a call finds the last key it has not tried. */
function firstFrom(slots: readonly Slot[], start: number, exclude: ReadonlySet<string> | undefined): Slot | undefined {
  for (let step = 0; step < slots.length; step += 1) {
    const slot = slots[(start + step) % slots.length]!;
    if (!exclude?.has(slot.record.id)) return slot;
  }
  return undefined;
}
