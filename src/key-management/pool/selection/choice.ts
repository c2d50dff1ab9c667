import type { Random } from '../../common/clock';
import type { Eligible } from './eligible';
import type { PassedOver } from '../key/key-record';
import { IN_FLIGHT, RATE, RATE_AT, RatingTable, TURN, WEIGHT, type Rating } from '../key/rating';
import type { KeyModelState } from '../key/key-record';

/** Up to this many eligible keys are all looked at; of more, so many. */
const LOOK_AT_ALL = 8;
const SAMPLE = 4;
const FIRST_PLACES: readonly number[] = Array.from({ length: LOOK_AT_ALL }, (_, place) => place);
/** So often a draw is repeated, at the most, to draw keys by their weight. */
const MOST_DRAWS = 16;

/** A key's success rate goes half the way back to its provider's mean in this time, so that a recovered key is tried. */
const FORGETTING_MS = 60_000;
const LEARNING = 0.2;
const MEAN_LEARNING = 0.01;
/** A rate this close to 1 is 1, so that a pool whose last failure is long ago is as quick as one without any. */
const AS_GOOD_AS_ONE = 1 - 1e-6;
/** The least share of a full one that a failing key keeps, so that its recovery is noticed. */
const LONGEST_STRIDE = 32;

/** A call in flight counts like so many turns, so that a key whose calls hang is passed over long before their time limits tell of it. */
const TURNS_PER_CALL_IN_FLIGHT = 4;

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
  numbers[row + RATE] = towards(seen, rate, LEARNING);
  numbers[row + RATE_AT] = now;
  mean.rate = towards(seen, mean.rate, MEAN_LEARNING);
}

function towards(seen: number, rate: number, learning: number): number {
  const learned = rate + (seen - rate) * learning;
  return learned > AS_GOOD_AS_ONE ? 1 : learned;
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
  return (
    numbers[row + TURN]! + (1 + TURNS_PER_CALL_IN_FLIGHT * numbers[row + IN_FLIGHT]!) * stride(numbers, row, mean, now)
  );
}

/** Nothing speaks against the key: it never fails, is not in use, and has not had its turn yet. */
function isSpotless(row: number, { ratings: { numbers }, turn }: PoolMean): boolean {
  return numbers[row + RATE] === 1 && numbers[row + IN_FLIGHT] === 0 && numbers[row + TURN]! < turn + 1;
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
 * The best of all, where there are few. Of many the one that a walk through all comes to, if nothing speaks against it; otherwise the best of
 * four. Excluded ones are passed over.
 */
export function choose(
  eligible: Eligible,
  exclude: PassedOver | undefined,
  mean: PoolMean,
  now: number,
  random: Random,
): KeyModelState | undefined {
  if (eligible.length <= LOOK_AT_ALL) return bestOf(FIRST_PLACES, eligible.length, eligible, exclude, mean, now);
  const walk = eligible.step(random);
  // Nearly always, and then nothing else is looked at.
  if (exclude === undefined && mean.heaviest === mean.lightest && isSpotless(eligible.rows[walk]!, mean))
    return eligible.candidates[walk];
  const leap = Math.floor(random() * eligible.length);
  return (
    bestOf(fourPlaces(walk, leap, eligible, mean, random), SAMPLE, eligible, exclude, mean, now) ??
    firstFrom(eligible.candidates, leap, exclude)
  );
}

/** Two that the walk comes to, since neighbours lie in the cache, and two at random, for where it leads through a stretch of bad keys. */
function fourPlaces(walk: number, leap: number, eligible: Eligible, mean: PoolMean, random: Random): readonly number[] {
  const after = (at: number): number => (at + 1 < eligible.length ? at + 1 : 0);
  const places = [walk, after(walk), leap, after(leap)];
  return mean.heaviest === mean.lightest ? places : places.map((at) => draw(at, eligible, mean, random));
}

/** The best of those at the first `count` places; none where all of them are excluded. */
function bestOf(
  places: readonly number[],
  count: number,
  { candidates, rows }: Eligible,
  exclude: PassedOver | undefined,
  mean: PoolMean,
  now: number,
): KeyModelState | undefined {
  const { numbers } = mean.ratings;
  let best: KeyModelState | undefined;
  let bestRank = Infinity;
  for (let look = 0; look < count; look += 1) {
    const at = places[look]!;
    const rankHere = rank(numbers, rows[at]!, mean, now);
    if (rankHere >= bestRank || exclude?.has(candidates[at]!.record.id)) continue;
    best = candidates[at];
    bestRank = rankHere;
  }
  return best;
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
function firstFrom(
  candidates: readonly KeyModelState[],
  start: number,
  exclude: PassedOver | undefined,
): KeyModelState | undefined {
  for (let step = 0; step < candidates.length; step += 1) {
    const candidate = candidates[(start + step) % candidates.length]!;
    if (!exclude?.has(candidate.record.id)) return candidate;
  }
  return undefined;
}
