import type { Random } from '../clock';
import type { KeyRecord } from './key-record';
import type { Slot } from './slot';

/** Up to this many eligible keys are all looked at; of more, so many random ones. */
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
  /** The greatest weight among the keys. */
  heaviest: number;
  /** How far the order of choice has come: keys that join start here. */
  turn: number;
}

/** The key's success rate as it counts now: what was learned fades towards the pool's mean. */
export function currentRate(record: KeyRecord, mean: PoolMean, now: number): number {
  const age = Math.max(0, now - record.rateAt);
  return mean.rate + (record.rate - mean.rate) * (FORGETTING_MS / (FORGETTING_MS + age));
}

export function learnRate(record: KeyRecord, mean: PoolMean, success: boolean, now: number): void {
  const rate = currentRate(record, mean, now);
  const seen = success ? 1 : 0;
  record.rate = rate + (seen - rate) * LEARNING;
  record.rateAt = now;
  mean.rate += (seen - mean.rate) * 0.01;
}

/**
 * How far one use moves a key back in the order of choice: the less, the greater its weight and success rate.
 * The sixth power makes a key that fails half the time rare instead of half as frequent.
 */
function stride(record: KeyRecord, mean: PoolMean, now: number): number {
  const rate = currentRate(record, mean, now);
  const squared = rate * rate;
  const share = squared * squared * squared;
  return Math.min(LONGEST_STRIDE, 1 / Math.max(share, 1e-9)) / record.weight;
}

/** Lower is better: success rate and weight against calls in flight and use so far. */
export function rank(record: KeyRecord, mean: PoolMean, now: number): number {
  return record.turn + (1 + record.inFlight) * stride(record, mean, now);
}

/** Books one use of the key: it takes its turn. */
export function takeTurn(record: KeyRecord, mean: PoolMean, now: number): void {
  mean.turn = Math.max(mean.turn, record.turn);
  record.turn = Math.max(record.turn, mean.turn - MOST_TURNS_BEHIND) + stride(record, mean, now);
}

/** The best of all, or of four random ones where there are many. Excluded ones are passed over. */
export function choose(
  slots: readonly Slot[],
  exclude: ReadonlySet<string> | undefined,
  mean: PoolMean,
  now: number,
  random: Random,
): Slot | undefined {
  const count = slots.length;
  const few = count <= LOOK_AT_ALL;
  let chosen: Slot | undefined;
  let chosenRank = Infinity;
  for (let look = 0; look < (few ? count : SAMPLE); look += 1) {
    const slot = few ? slots[look]! : draw(slots, mean, random);
    if (exclude?.has(slot.record.id)) continue;
    const slotRank = rank(slot.record, mean, now);
    if (slotRank < chosenRank) {
      chosen = slot;
      chosenRank = slotRank;
    }
  }
  return chosen ?? (few ? undefined : firstFrom(slots, Math.floor(random() * count), exclude));
}

/** One at random, by weight: a key must be looked at often enough to be used as often as it should. */
function draw(slots: readonly Slot[], { heaviest }: PoolMean, random: Random): Slot {
  for (let tries = 1; ; tries += 1) {
    const slot = slots[Math.floor(random() * slots.length)]!;
    const { weight } = slot.record;
    if (weight >= heaviest || tries === MOST_DRAWS || random() * heaviest < weight) return slot;
  }
}

/** All looked at were excluded: the next one that is not, so that a call finds the last key it has not tried. */
function firstFrom(slots: readonly Slot[], start: number, exclude: ReadonlySet<string> | undefined): Slot | undefined {
  for (let step = 0; step < slots.length; step += 1) {
    const slot = slots[(start + step) % slots.length]!;
    if (!exclude?.has(slot.record.id)) return slot;
  }
  return undefined;
}
