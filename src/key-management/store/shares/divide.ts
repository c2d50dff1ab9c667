import { TURN_MS, UNUSED_MS } from './timing';

/** How one instance stands to one account, as its leader knows it. Fractions of the account's limits. */
export interface Standing {
  /** What it would use; may be more than 1. */
  readonly wanted: number;
  /** What it has used and cannot give back yet. */
  readonly bound: number;
  /** The smallest part that is of use to it; more than 0. */
  readonly least: number;
  /** What it was given last. */
  readonly current: number;
  /** The most it may still use: what it was given before counts until it has said that it follows the last grant. */
  readonly most: number;
  /** So much of it comes first; of the rest it gets what the others leave of whom the same holds. */
  readonly own: number;
  /** Since when it has had a part of use, or has asked for one in vain; milliseconds since the epoch. */
  readonly since: number;
  /** It has just reported, so that it is answered anyway. */
  readonly isAsking: boolean;
}

/** Sums of fractions are exact up to this. */
const EXACT = 1e-9;
/** An instance that uses less than this much more than it has is not short of anything: figures of demand fluctuate. */
const SHORT_BY = 1.1;
/** Parts are whole multiples of the smallest useful one, unless there are more than this many of them. */
const MOST_UNITS = 1_000;
/** Of a count of units: so much less is a whole one. */
const ROUNDING = 1e-6;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** What is in use or may be. */
export const occupied = ({ most, bound }: Pick<Standing, 'most' | 'bound'>): number => Math.max(most, bound);

/**
 * The parts that the instances should have: max-min fair by demand (water-filling), what nobody asks for in proportion to the demands, and all
 * of them whole multiples of the smallest useful part. Where there are not enough of those, instances without a part take turns with others.
 */
function idealParts(standings: readonly Standing[], capacity: number, now: number): number[] {
  const parts = standings.map(() => 0);
  const served = chosen(standings, capacity, now);
  if (served.length === 0) return parts;
  const leasts = served.map((i) => standings[i]!.least);
  const current = served.map((i) => standings[i]!.current);
  const shares = inUnits(
    sharesOf(
      served.map((i) => standings[i]!),
      capacity,
    ),
    { leasts, current, capacity },
  );
  for (const [n, i] of served.entries()) parts[i] = shares[n]!;
  return parts;
}

/**
 * What each instance may be given now, such that what is in use never adds up to more than the capacity, whatever becomes of the messages: a
 * part is lowered first, and given to another only when its holder has said that it follows.
 */
export function nextParts(standings: readonly Standing[], capacity: number, now: number): number[] {
  const ideal = idealParts(standings, capacity, now);
  const next = standings.map(({ current }) => current);
  let free = capacity - sum(standings.map(occupied));
  const lacks = (i: number): boolean => standings[i]!.most < standings[i]!.least - EXACT;
  const isShort = (i: number): boolean => {
    const { most, wanted } = standings[i]!;
    return ideal[i]! > most + EXACT && (lacks(i) || wanted > most * SHORT_BY);
  };
  const short = next.flatMap((_, i) => (isShort(i) ? [i] : []));
  if (sum(short.map((i) => ideal[i]! - standings[i]!.most)) > free + EXACT) {
    for (const i of next.keys()) next[i] = Math.min(next[i]!, ideal[i]!);
  }
  const unit = unitOf(standings.filter(({ wanted }) => wanted > 0).map(({ least }) => least));
  const order = next.flatMap((_, i) =>
    ideal[i]! > next[i]! + EXACT && (isShort(i) || standings[i]!.isAsking) ? [i] : [],
  );
  order.sort((a, b) => Number(lacks(b)) - Number(lacks(a)) || standings[a]!.since - standings[b]!.since);
  for (const i of order) {
    const standing = standings[i]!;
    // What was used and cannot be given back may be another's part by now: only what the others leave is given.
    const room = Math.max(0, free + occupied(standing));
    const part = ideal[i]! <= room + EXACT ? ideal[i]! : floorTo(room, unit);
    if (part <= next[i]! + EXACT || part < standing.least - EXACT) continue;
    next[i] = part;
    free -= Math.max(0, part - occupied(standing));
  }
  return next;
}

/** Who gets a part at all: everybody who wants one where there is enough, else in turn. */
function chosen(standings: readonly Standing[], capacity: number, now: number): number[] {
  const own = standings.flatMap(({ wanted, own: first }, i) => (wanted > 0 && first > 0 ? [i] : []));
  const asked = sum(own.map((i) => Math.max(Math.min(standings[i]!.own, standings[i]!.wanted), standings[i]!.least)));
  const borrowing = standings.flatMap(({ wanted, own: first }, i) => (wanted > 0 && first === 0 ? [i] : []));
  return [...inTurn(own, standings, capacity, now), ...inTurn(borrowing, standings, capacity - asked, now)];
}

/** Those whose least parts fit into the capacity together. */
function inTurn(wanting: readonly number[], standings: readonly Standing[], capacity: number, now: number): number[] {
  if (sum(wanting.map((i) => standings[i]!.least)) <= capacity + EXACT) return [...wanting];
  const rank = (i: number): number => {
    const { current, least, bound, since } = standings[i]!;
    if (current < least - EXACT) return 1;
    return now - since < (bound > 0 ? TURN_MS : UNUSED_MS) ? 0 : 2;
  };
  // Who has waited longest comes first; of those whose turn is over, who began last.
  const order = wanting
    .map((i) => ({ i, rank: rank(i), since: standings[i]!.since }))
    .sort((a, b) => a.rank - b.rank || (a.rank === 1 ? a.since - b.since : b.since - a.since) || a.i - b.i);
  let left = capacity;
  return order.flatMap(({ i }) => {
    const { least } = standings[i]!;
    if (least > left + EXACT) return [];
    left -= least;
    return [i];
  });
}

/** Shares that add up to the capacity: what comes first is divided first, then the rest; what nobody asks for by demand. */
function sharesOf(served: readonly Standing[], capacity: number): number[] {
  const leasts = served.map(({ least }) => least);
  const first = fairShares(
    served.map(({ own, wanted }) => Math.min(own, wanted)),
    leasts,
    capacity,
  );
  const shares = fairShares(
    served.map(({ wanted }) => wanted),
    first,
    capacity,
  );
  const total = sum(shares);
  return total > 0 && total < capacity ? shares.map((share) => (share * capacity) / total) : shares;
}

/** Max-min fair shares (water-filling): nobody gets more than it wants, nor less than its least. */
function fairShares(wants: readonly number[], leasts: readonly number[], capacity: number): number[] {
  const at = (level: number): number[] => wants.map((wanted, i) => Math.max(leasts[i]!, Math.min(wanted, level)));
  const all = at(Infinity);
  if (sum(all) <= capacity) return all;
  let [low, high] = [0, capacity];
  for (let halvings = 0; halvings < 40; halvings += 1) {
    const middle = (low + high) / 2;
    if (sum(at(middle)) > capacity) high = middle;
    else low = middle;
  }
  return at(low);
}

/** Whole multiples of the smallest useful part. What rounding leaves over goes to the greatest remainders, and among equals to who has it already. */
function inUnits(
  shares: number[],
  { leasts, current, capacity }: { leasts: readonly number[]; current: readonly number[]; capacity: number },
): number[] {
  const unit = unitOf(leasts);
  if (unit === 0) return shares;
  const units = shares.map((share, i) =>
    Math.max(Math.floor(share / unit + ROUNDING), Math.ceil(leasts[i]! / unit - ROUNDING)),
  );
  const left = Math.floor(capacity / unit + ROUNDING) - sum(units);
  const remainder = (i: number): number => Math.round((shares[i]! / unit - units[i]!) * 100);
  const order = units
    .map((_, i) => i)
    .sort((a, b) => remainder(b) - remainder(a) || current[b]! - current[a]! || a - b);
  for (const i of order.slice(0, Math.max(0, left))) units[i]! += 1;
  const parts = units.map((count) => multiple(count, unit));
  // What is less than a unit is of use to whoever has one already.
  const rest = capacity - sum(parts);
  const most = parts.indexOf(Math.max(...parts));
  if (rest > EXACT) parts[most] = Math.min(1, parts[most]! + rest);
  return parts;
}

/** What parts are multiples of; 0 where that is too small to matter. */
function unitOf(leasts: readonly number[]): number {
  const unit = Math.min(...leasts);
  return unit * MOST_UNITS < 1 ? 0 : unit;
}

const floorTo = (value: number, unit: number): number =>
  unit === 0 || unit === Infinity ? value : multiple(Math.floor(value / unit + ROUNDING), unit);

/** Of a unit that is one over a whole number the multiples are exact: all of them together are 1. */
function multiple(count: number, unit: number): number {
  const units = Math.round(1 / unit);
  return Math.min(1, Math.abs(units * unit - 1) < EXACT ? count / units : count * unit);
}
