import { membersOf, type Account } from '../key/account';
import type { KeyModelState, KeyRecord, PassedOver } from '../key/key-record';
import { isSpotless, rank, type PoolMean } from './choice';

/** Of the keys that can be had, this number is looked at for the best. */
const LOOK_AT = 8;

/** What a key of a certain account is chosen by. */
export interface AccountChoice {
  /** Of the model index that the call chooses from. */
  readonly ordinal: number;
  readonly exclude: PassedOver | undefined;
  /** Until when the call may not go with the key; undefined where every call fits every key. Milliseconds since the epoch; 0 if it may go now. */
  readonly blockedUntil: ((candidate: KeyModelState) => number) | undefined;
  readonly now: number;
  readonly mean: PoolMean;
  /** The only tier whose keys count; undefined for any. */
  readonly tier: number | undefined;
  /** Keys of several tiers count: lower ones go first. */
  readonly hasTiers: boolean;
  /** The greatest number of keys that is looked at. */
  readonly most: number;
}

/** The best key of this one's account, or undefined where none can be had now. */
export function chooseIn({ account, candidates }: KeyRecord, choice: AccountChoice): KeyModelState | undefined {
  if (account !== undefined) return chooseOf(account, choice);
  const candidate = candidates[choice.ordinal]!;
  return canBeHad(candidate, choice) ? candidate : undefined;
}

/** Goes round through the keys of an account: the next that is without fault, or the best of some. */
export function chooseOf(account: Account<KeyRecord>, choice: AccountChoice): KeyModelState | undefined {
  const { keys } = account;
  const { ordinal, mean, now, most } = choice;
  const { numbers } = mean.ratings;
  const from = account.next < keys.length ? account.next : 0;
  account.next = from + 1;
  const isWalk = mean.heaviest === mean.lightest && !choice.hasTiers;
  let best: KeyModelState | undefined;
  let bestRank = Infinity;
  let found = 0;
  const looks = Math.min(keys.length, most);
  for (let look = 0; look < looks && found < LOOK_AT; look += 1) {
    const at = from + look;
    const candidate = keys[at < keys.length ? at : at - keys.length]!.candidates[ordinal]!;
    if (!canBeHad(candidate, choice)) continue;
    const { row, tier } = candidate.record;
    if (isWalk && look === 0 && isSpotless(row, mean)) return candidate;
    found += 1;
    const rankHere = rank(numbers, row, mean, now);
    const isBetter =
      best === undefined || tier < best.record.tier || (tier === best.record.tier && rankHere < bestRank);
    if (!isBetter) continue;
    best = candidate;
    bestRank = rankHere;
  }
  return best;
}

function canBeHad(candidate: KeyModelState, { exclude, blockedUntil, tier, now }: AccountChoice): boolean {
  if (candidate.availability !== 'eligible') return false;
  const { record } = candidate;
  if (tier !== undefined && record.tier !== tier) return false;
  return !exclude?.has(record.id) && (blockedUntil === undefined || blockedUntil(candidate) <= now);
}

/** Whether the account of this key has one in the pool, for the model and in the tier. */
export function isIn(record: KeyRecord, ordinal: number, tier: number | undefined): boolean {
  if (isInPool(record, ordinal, tier)) return true;
  const { account } = record;
  return account !== undefined && account.keys.some((key) => isInPool(key, ordinal, tier));
}

function isInPool({ candidates, tier: own }: KeyRecord, ordinal: number, tier: number | undefined): boolean {
  const { availability } = candidates[ordinal]!;
  return availability !== 'out' && availability !== 'unchecked' && (tier === undefined || own === tier);
}

/** Whether a key of this one's account that cannot be had now may be by this time. Milliseconds since the epoch. */
export function mayServeBy(member: KeyRecord, choice: AccountChoice, by: number): boolean {
  const { ordinal, blockedUntil } = choice;
  return someKey(member, choice, (record) => {
    const candidate = record.candidates[ordinal]!;
    const { availability, until } = candidate;
    if (availability === 'cooling_down') return until <= by;
    if (availability === 'eligible') return blockedUntil === undefined || blockedUntil(candidate) <= by;
    return availability !== 'out';
  });
}

/** When a key of this one's account is expected: as soon as a cooldown ends, or a call fits. Infinity where only a call or a check that ends will tell. */
export function expectedAt(member: KeyRecord, choice: AccountChoice): number {
  const { ordinal, blockedUntil, now } = choice;
  let at = Infinity;
  someKey(member, choice, (record) => {
    const candidate = record.candidates[ordinal]!;
    if (candidate.isTimed) at = Math.min(at, candidate.until);
    else if (candidate.availability === 'eligible') at = Math.min(at, blockedUntil?.(candidate) ?? now);
    return at <= now;
  });
  return at;
}

function someKey(
  member: KeyRecord,
  { exclude, tier, most }: AccountChoice,
  isOne: (record: KeyRecord) => boolean,
): boolean {
  const keys = membersOf(member);
  const looks = Math.min(keys.length, most);
  for (let at = 0; at < looks; at += 1) {
    const record = keys[at]!;
    if ((tier === undefined || record.tier === tier) && !exclude?.has(record.id) && isOne(record)) return true;
  }
  return false;
}
