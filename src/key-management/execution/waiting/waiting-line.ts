import { getOrCreate } from '../../common/get-or-create';
import type { ExpectedTokens } from '../../pool/limits/expected-tokens';
import type { Waiter } from './waiter';

/** Calls that wait for the same keys, and are so alike in size that they are served in the order in which they came. */
export class WaitingGroup {
  readonly #waiters = new Set<Waiter>();

  constructor(readonly line: WaitingLine) {}

  get size(): number {
    return this.#waiters.size;
  }

  /** A group is not empty. */
  get first(): Waiter {
    return this.#waiters.values().next().value!;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  delete(waiter: Waiter): boolean {
    return this.#waiters.delete(waiter);
  }

  [Symbol.iterator](): Iterator<Waiter> {
    return this.#waiters[Symbol.iterator]();
  }
}

/**
 * The calls for one model and endpoint that wait, in groups by priority and size, each first come, first served. The group goes first whose first
 * call came first; where that call does not fit, smaller ones pass it, until it is overdue.
 */
export class WaitingLine {
  readonly #groups = new Map<GroupName, WaitingGroup>();
  /** How many of the calls are not batch; and how many of those take a key of any account. */
  interactive = 0;
  #free = 0;

  get groups(): Iterable<WaitingGroup> {
    return this.#groups.values();
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  add(waiter: Waiter): void {
    getOrCreate(this.#groups, groupOf(waiter), () => new WaitingGroup(this)).add(waiter);
    if (waiter.isBatch) return;
    this.interactive += 1;
    if (!waiter.isHeld) this.#free += 1;
  }

  /** Whether an interactive call that comes must go behind one of these. @param account The account that it belongs to. */
  holdsUp(account: string | undefined): boolean {
    if (this.#free > 0) return true;
    if (account === undefined || this.interactive === 0) return false;
    for (const { first } of this.#groups.values()) if (first.account === account && !first.isBatch) return true;
    return false;
  }

  /** The call waits for its account no longer, but for any. */
  freed(waiter: Waiter): void {
    waiter.isHeld = false;
    if (!waiter.isBatch) this.#free += 1;
  }

  /** False where it is not in this line. */
  delete(waiter: Waiter): boolean {
    const name = groupOf(waiter);
    const group = this.#groups.get(name);
    if (!group?.delete(waiter)) return false;
    if (group.size === 0) this.#groups.delete(name);
    if (waiter.isBatch) return true;
    this.interactive -= 1;
    if (!waiter.isHeld) this.#free -= 1;
    return true;
  }

  /** A call of this line is served, and passes those that came before it. */
  served({ ticket, account }: Waiter): void {
    // Calls of one size pass nobody.
    if (this.#groups.size === 1) return;
    for (const { first } of this.#groups.values())
      if (first.ticket < ticket && (!first.isHeld || first.account === account)) first.overtakes += 1;
  }

  /** Batch calls do not go while interactive calls for the same wait. */
  mayServe(group: WaitingGroup): boolean {
    return this.interactive === 0 || !group.first.isBatch;
  }
}

type GroupName = number | string;

/**
 * Sizes within a factor of two are one: 0 for calls whose size nobody states. Those of batch calls are negative. Calls that belong to an account are
 * in groups of their own.
 */
function groupOf({ tokens, isBatch, account }: Waiter): GroupName {
  const size = tokens === undefined ? 0 : 1 + sizeClass(tokens);
  const name = isBatch ? -1 - size : size;
  return account === undefined ? name : `${name} ${account}`;
}

const sizeClass = ({ input, output }: ExpectedTokens): number => Math.floor(Math.log2(Math.max(1, input + output)));
