import type { Random } from '../../common/clock';
import type { Eligible } from './eligible';
import type { PassedOver } from '../key/key-record';
import { currentRate, IN_FLIGHT, RATE, RatingTable, TURN, WEIGHT, type MeanRate, type Rating } from '../key/rating';
import type { KeyModelState } from '../key/key-record';

/** Up to this number of eligible keys, all are looked at. */
const LOOK_AT_ALL = 8;
/** Of more eligible keys, this number is looked at. */
const SAMPLE = 4;
const FIRST_PLACES: readonly number[] = Array.from({ length: LOOK_AT_ALL }, (_, place) => place);
/** The greatest number of draws of rejection sampling, by which keys are drawn in proportion to their weight. */
const MOST_DRAWS = 16;

/** The longest stride: a failing key keeps at least one turn in this number, so that its recovery is noticed. */
const LONGEST_STRIDE = 32;

/** A call in flight counts as this number of turns, so that a key whose calls hang is passed over long before the calls time out. */
const TURNS_PER_CALL_IN_FLIGHT = 4;

/** A key that went unused makes up for this number of turns at the most, so that it is not flooded. */
const MOST_TURNS_BEHIND = 8;

/** What the keys of a pool are compared with. */
export interface PoolMean extends MeanRate {
  /** The greatest weight among the keys, and the least. */
  heaviest: number;
  lightest: number;
  /** The virtual time of stride scheduling: keys that join start here. */
  turn: number;
  /** The numbers of each key. */
  readonly ratings: RatingTable;
}

export const newMean = (): PoolMean => ({
  rate: 1,
  turn: 0,
  heaviest: 0,
  lightest: Infinity,
  ratings: new RatingTable(),
});

/**
 * Stride scheduling: how far one use moves a key back in the order of choice. The greater the key's weight and success rate, the shorter its stride.
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

/** The key's place in the order of choice, lower is better: its turn, and a stride for the next call and for those in flight. */
export function rank(numbers: Float64Array, row: number, mean: PoolMean, now: number): number {
  return (
    numbers[row + TURN]! + (1 + TURNS_PER_CALL_IN_FLIGHT * numbers[row + IN_FLIGHT]!) * stride(numbers, row, mean, now)
  );
}

/** The key never fails, has no call in flight, and has not had its turn yet. */
export function isSpotless(row: number, { ratings: { numbers }, turn }: PoolMean): boolean {
  return numbers[row + RATE] === 1 && numbers[row + IN_FLIGHT] === 0 && numbers[row + TURN]! < turn + 1;
}

/** Widens the range of weights. It never narrows: the weight of a key that has left costs further draws, and nothing else. */
export function noteWeight(mean: PoolMean, weight: number): void {
  mean.heaviest = Math.max(mean.heaviest, weight);
  mean.lightest = Math.min(mean.lightest, weight);
}

/** Counts one use of the key: its turn moves on by its stride. */
export function takeTurn(key: Rating, mean: PoolMean, now: number): void {
  const { row } = key;
  const { numbers } = key.table;
  const turn = numbers[row + TURN]!;
  if (turn > mean.turn) mean.turn = turn;
  numbers[row + TURN] = Math.max(turn, mean.turn - MOST_TURNS_BEHIND) + stride(numbers, row, mean, now);
}

/**
 * Chooses a key. Of a few keys it is the best of all. Of many it is the next key of a round through all, if that key never failed and is not in
 * use; otherwise the best of four, as in "the power of two choices". Undefined where all keys are excluded.
 * @param fits Where not every call fits every key: whether this one does.
 */
export function choose(
  eligible: Eligible,
  exclude: PassedOver | undefined,
  mean: PoolMean,
  now: number,
  random: Random,
  fits?: (candidate: KeyModelState) => boolean,
): KeyModelState | undefined {
  if (eligible.length <= LOOK_AT_ALL) return bestOf(FIRST_PLACES, eligible.length, eligible, exclude, mean, now, fits);
  const walk = eligible.step(random);
  // The usual case: no other key is looked at.
  if (exclude === undefined && mean.heaviest === mean.lightest && isSpotless(eligible.rows[walk]!, mean)) {
    const next = eligible.candidates[walk]!;
    if (fits === undefined || fits(next)) return next;
  }
  const leap = Math.floor(random() * eligible.length);
  return (
    bestOf(fourPlaces(walk, leap, eligible, mean, random), SAMPLE, eligible, exclude, mean, now, fits) ??
    firstFrom(eligible.candidates, leap, exclude, fits)
  );
}

/** Two neighbours of the round, which share cache lines, and two at random, in case the round goes through a stretch of bad keys. */
function fourPlaces(walk: number, leap: number, eligible: Eligible, mean: PoolMean, random: Random): readonly number[] {
  const after = (at: number): number => (at + 1 < eligible.length ? at + 1 : 0);
  const places = [walk, after(walk), leap, after(leap)];
  return mean.heaviest === mean.lightest ? places : places.map((at) => draw(at, eligible, mean, random));
}

/** The best of the keys at the first `count` places; undefined where all of them are excluded. */
function bestOf(
  places: readonly number[],
  count: number,
  { candidates, rows }: Eligible,
  exclude: PassedOver | undefined,
  mean: PoolMean,
  now: number,
  fits: ((candidate: KeyModelState) => boolean) | undefined,
): KeyModelState | undefined {
  const { numbers } = mean.ratings;
  let best: KeyModelState | undefined;
  let bestRank = Infinity;
  for (let look = 0; look < count; look += 1) {
    const at = places[look]!;
    const rankHere = rank(numbers, rows[at]!, mean, now);
    if (rankHere >= bestRank || exclude?.has(candidates[at]!.record.id)) continue;
    if (fits !== undefined && !fits(candidates[at]!)) continue;
    best = candidates[at];
    bestRank = rankHere;
  }
  return best;
}

/** Rejection sampling: the first key, or another at random, so that keys are looked at in proportion to their weight. */
function draw(first: number, { rows, length }: Eligible, { heaviest, ratings }: PoolMean, random: Random): number {
  let at = first;
  for (let tries = 1; tries < MOST_DRAWS; tries += 1) {
    const weight = ratings.numbers[rows[at]! + WEIGHT]!;
    if (weight >= heaviest || random() * heaviest < weight) break;
    at = Math.floor(random() * length);
  }
  return at;
}

/** The next key that is not excluded, where all that were looked at are: a call must find the last key that it has not tried. */
function firstFrom(
  candidates: readonly KeyModelState[],
  start: number,
  exclude: PassedOver | undefined,
  fits: ((candidate: KeyModelState) => boolean) | undefined,
): KeyModelState | undefined {
  for (let step = 0; step < candidates.length; step += 1) {
    const candidate = candidates[(start + step) % candidates.length]!;
    if (!exclude?.has(candidate.record.id) && (fits === undefined || fits(candidate))) return candidate;
  }
  return undefined;
}
