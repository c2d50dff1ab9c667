import type { AccountDemand } from '../../pool/limits/part';
import type { Claim } from './messages';

/** An instance asks for so much more than it uses, so that growing calls need not wait for a part. */
const HEADROOM = 1.1;
/** Of what it has, an instance must use so much before it counts as made use of. */
const USED = 0.95;
/** Where calls wait and less of it is used, they wait for another account. */
const UNUSED = 0.5;
/** An instance whose calls wait though it makes use of what it has asks for so much more than it has. */
const GROWTH = 1.5;
/** An instance asks for so many accounts at once that others prefer and that it has no part of. */
const BORROWED_AT_ONCE = 8;
/** With so many accounts per instance each has some of its own. */
const OWN_ACCOUNTS = 2;
/** An instance needs a part for the calls of this time: what is left of the part already serves some of them. Milliseconds. */
const AHEAD_MS = 2_000;

export interface WantedParts {
  readonly demands: readonly AccountDemand[];
  /** The parts that this instance has. */
  readonly parts: ReadonlyMap<string, number>;
  /** What it asked for last, if that was answered. */
  readonly asked: ReadonlyMap<string, Claim>;
  /** How many instances there are, and the place of this one among those that share the account, from 0: whose place is first prefers it. */
  readonly instances: number;
  readonly placeOf: (account: string) => number;
  /** Counts what is asked for, so that other accounts come next. */
  readonly round: number;
  /** Limits became known just now: how much is wanted of them is not known yet. */
  readonly isNew: boolean;
  /** Limits became known in the last seconds: demand is known only in part. */
  readonly isEarly: boolean;
  /** Calls wait for another account than those of which there are parts. */
  readonly isStuck: boolean;
  /** What was given back of accounts since the last report, and is used up. */
  readonly emptied: ReadonlyMap<string, number>;
}

/**
 * What to ask for. Calls go to whatever account has a part, so demand is added up, and asked for of as few accounts as can meet it: of those
 * first that prefer this instance, then of others, some at a time, as far as these leave something. So with more accounts than instances each
 * has accounts of its own and borrows others, and with fewer they split them.
 */
export function wantedParts(situation: WantedParts): Map<string, Claim> {
  const { demands, parts, asked, instances, isStuck, isNew, emptied } = situation;
  const claims = new Map<string, Claim>();
  const hasOwn = demands.length >= OWN_ACCOUNTS * instances;
  let missing = Math.max(totalWanted(situation), isNew ? demands.length / instances : 0);
  let toBorrow = BORROWED_AT_ONCE;
  let toTry = isStuck ? 1 : 0;
  // For an equal part of the accounts each instance comes first, however they fall to it.
  let own = demands.length / instances;
  for (const { demand, place } of inOrder(situation)) {
    const { account, bound, quantum, wanted } = demand;
    const holds = parts.get(account) ?? 0;
    const isNewLoan = hasOwn && place > 0 && holds === 0;
    let asks = missing > 1e-6 && !(isNewLoan && toBorrow === 0) ? Math.min(1, Math.max(missing, quantum)) : 0;
    const isNeeded = isStuck && asks === 0 && holds < quantum && (wanted > 0 || toTry > 0);
    if (isNeeded) {
      asks = Math.min(1, Math.max(wanted, quantum));
      if (wanted === 0) toTry -= 1;
    } else if (asks > 0 && isNewLoan) toBorrow -= 1;
    // Calls that this account alone can serve do not go to another.
    if (demand.isNeeded) asks = Math.min(1, Math.max(asks, wanted * HEADROOM, quantum));
    const first = !hasOwn || isNeeded || demand.isNeeded ? asks : Math.min(asks, Math.max(0, own));
    own -= first;
    missing -= expected(asks, holds, asked.get(account));
    if (asks > 0 || bound > 0 || holds > 0 || emptied.has(account))
      claims.set(account, claimOf(demand, { wanted: asks, own: first, holds, emptied: emptied.get(account) ?? 0 }));
  }
  return claims;
}

/** The same wishes as before, with what is held and bound by now: what was asked for is not changed more than once a second. */
export function sameClaims({ demands, parts, asked, emptied }: WantedParts): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const demand of demands) {
    const { account, bound } = demand;
    const { wanted, own } = asked.get(account) ?? { wanted: 0, own: 0 };
    const holds = parts.get(account) ?? 0;
    if (wanted > 0 || bound > 0 || holds > 0 || emptied.has(account))
      claims.set(account, claimOf(demand, { wanted, own, holds, emptied: emptied.get(account) ?? 0 }));
  }
  return claims;
}

const claimOf = (
  { bound, quantum, refillMs }: AccountDemand,
  { wanted, own, holds, emptied }: Pick<Claim, 'wanted' | 'own' | 'holds' | 'emptied'>,
): Claim => ({
  wanted,
  own,
  holds,
  bound: Math.min(1, bound),
  least: Math.min(1, Math.max(quantum, 1e-6)),
  emptied: Math.min(1, emptied),
  refillMs,
});

/** What all calls together want of the accounts, in accounts. */
function totalWanted({ demands, parts, isEarly }: WantedParts): number {
  const used = demands.reduce((sum, { wanted }) => sum + wanted, 0);
  const held = demands.reduce((sum, { account }) => sum + (parts.get(account) ?? 0), 0);
  const waiting = demands.filter(({ isShort }) => isShort);
  const isCounted = waiting.every((demand) => demand.waiting !== undefined);
  const asked = isCounted && waiting.length > 0 ? mean(waiting.map((demand) => demand.waiting!)) : 0;
  const least = Math.min(...waiting.map(({ quantum }) => quantum));
  // Nothing waits any more. Where a bucket is full, what refills is lost: an instance with few calls leaves it to the others, until it has used some.
  // Of a call that waits without any part it may not be known what it takes: it needs one all the same.
  if (isCounted && asked === 0 && (waiting.length === 0 || held >= least))
    return isEarly || held === 0 ? used * HEADROOM : withStock(used * HEADROOM, stockMsOf(demands, parts) / held);
  const more = Math.max(used * HEADROOM, used + least);
  return isCounted ? more + asked : Math.max(more, used >= held * USED ? held * GROWTH : 0);
}

/** What is left of the parts, as the time that it takes to refill, weighted by them. */
const stockMsOf = (demands: readonly AccountDemand[], parts: ReadonlyMap<string, number>): number =>
  demands.reduce((sum, { account, stockMs = 0 }) => sum + (parts.get(account) ?? 0) * stockMs, 0);

/** The part that serves the calls of the next seconds together with what is left of it; at least half of what they take. */
const withStock = (wanted: number, stockMs: number): number =>
  (wanted * AHEAD_MS) / (AHEAD_MS + Math.min(AHEAD_MS, stockMs));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whether calls wait for a part of another account: what is held is not made use of, and yet calls wait. */
export function isElsewhere(demands: readonly AccountDemand[], parts: ReadonlyMap<string, number>): boolean {
  let [used, held] = [0, 0];
  for (const { account, wanted, quantum } of demands) {
    const part = parts.get(account) ?? 0;
    if (part < quantum) continue;
    held += part;
    used += Math.min(wanted, part);
  }
  return demands.some(({ isShort }) => isShort) && used < held * UNUSED;
}

/** Accounts that prefer this instance first, then those of which it has a part, then the others, each time beginning with others of them. */
function inOrder({
  demands,
  parts,
  placeOf,
  round,
}: WantedParts): { readonly demand: AccountDemand; readonly place: number }[] {
  const placed = demands.map((demand) => ({ demand, place: placeOf(demand.account) }));
  const rank = ({ demand, place }: (typeof placed)[number]): number =>
    place === 0 ? -2 : parts.has(demand.account) ? -1 : place;
  placed.sort((a, b) => rank(a) - rank(b) || (a.demand.account < b.demand.account ? -1 : 1));
  const first = placed.findIndex((each) => rank(each) > 0);
  if (first < 0) return placed;
  const others = placed.slice(first);
  const start = others.length > BORROWED_AT_ONCE ? (round * BORROWED_AT_ONCE) % others.length : 0;
  return [...placed.slice(0, first), ...others.slice(start), ...others.slice(0, start)];
}

/** What asking will bring: all of it, unless it has been asked for before and others want it too. */
function expected(asks: number, holds: number, before: Claim | undefined): number {
  return before !== undefined && before.wanted > 0 ? Math.min(asks, holds) : asks;
}
