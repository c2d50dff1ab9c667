import type { AccountDemand } from '../../pool/limits/part';
import type { Claim } from './messages';

/** An instance asks for so much more than it uses, so that growing calls need not wait for a part. */
const HEADROOM = 1.25;
/** Of what it has, an instance must use so much before it counts as made use of. */
const USED = 0.8;

export interface WantedParts {
  readonly demands: readonly AccountDemand[];
  /** The parts that this instance has. */
  readonly parts: ReadonlyMap<string, number>;
  /** What it asked for last. */
  readonly asked: ReadonlyMap<string, Claim>;
  /** The place of this instance among those that share the account, from 0: whose place is first prefers it. */
  readonly placeOf: (account: string) => number;
  /** Calls have been waiting since the last report but one, though there are parts: then what they wait for may be another account. */
  readonly isStuck: boolean;
}

/**
 * What to ask for. Calls go to whatever account has a part, so demand is added up, and asked for of as few accounts as can meet it: of those
 * first that prefer this instance, and of others (borrowing) as far as the first are shared with instances that want them too. So with more
 * accounts than instances each has accounts of its own, and with fewer they split them.
 */
export function wantedParts({ demands, parts, asked, placeOf, isStuck }: WantedParts): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  const total = demands.reduce((sum, { wanted }) => sum + wanted, 0);
  const held = (account: string): number => parts.get(account) ?? 0;
  let missing = total > 0 ? total * HEADROOM : 0;
  const ordered = demands
    .map((demand) => ({ demand, place: placeOf(demand.account) }))
    .sort((a, b) => a.place - b.place || (a.demand.account < b.demand.account ? -1 : 1));
  for (const { demand } of ordered) {
    const { account, bound, quantum, wanted } = demand;
    const holds = held(account);
    let asks = missing > 1e-6 ? Math.min(1, Math.max(missing, quantum)) : 0;
    if (isStuck && asks === 0 && wanted > 0 && holds < quantum) asks = Math.min(1, Math.max(wanted, quantum));
    missing -= expected(asks, holds, asked.get(account));
    if (asks > 0 || bound > 0 || holds > 0) claims.set(account, { wanted: asks, holds, bound, least: quantum });
  }
  return claims;
}

/** Whether calls wait for a part of another account: what is held is not made use of, and yet more is wanted. */
export function isElsewhere(demands: readonly AccountDemand[], parts: ReadonlyMap<string, number>): boolean {
  let [used, held, unmet] = [0, 0, 0];
  for (const { account, wanted, quantum } of demands) {
    const part = parts.get(account) ?? 0;
    if (part < quantum) unmet += wanted;
    else {
      held += part;
      used += Math.min(wanted, part);
    }
  }
  return unmet > 0 && used < held * USED;
}

/** What asking will bring: all of it, unless it has been asked for before and others want it too. */
function expected(asks: number, holds: number, before: Claim | undefined): number {
  return before && before.wanted >= asks ? Math.min(asks, holds) : asks;
}
