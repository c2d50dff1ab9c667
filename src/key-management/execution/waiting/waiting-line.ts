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
  readonly #groups = new Map<number, WaitingGroup>();
  /** How many of the calls are not batch. */
  interactive = 0;

  get groups(): Iterable<WaitingGroup> {
    return this.#groups.values();
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  add(waiter: Waiter): void {
    getOrCreate(this.#groups, groupOf(waiter), () => new WaitingGroup(this)).add(waiter);
    if (!waiter.isBatch) this.interactive += 1;
  }

  /** False where it is not in this line. */
  delete(waiter: Waiter): boolean {
    const name = groupOf(waiter);
    const group = this.#groups.get(name);
    if (!group?.delete(waiter)) return false;
    if (group.size === 0) this.#groups.delete(name);
    if (!waiter.isBatch) this.interactive -= 1;
    return true;
  }

  /** A call of this line is served, and passes those that came before it. */
  served({ ticket }: Waiter): void {
    // Calls of one size pass nobody.
    if (this.#groups.size === 1) return;
    for (const { first } of this.#groups.values()) if (first.ticket < ticket) first.overtakes += 1;
  }

  /** Batch calls do not go while interactive calls for the same wait. */
  mayServe(group: WaitingGroup): boolean {
    return this.interactive === 0 || !group.first.isBatch;
  }
}

/** Sizes within a factor of two are one: 0 for calls whose size nobody states. Those of batch calls are negative. */
function groupOf({ tokens, isBatch }: Waiter): number {
  const size = tokens === undefined ? 0 : 1 + sizeClass(tokens);
  return isBatch ? -1 - size : size;
}

const sizeClass = ({ input, output }: ExpectedTokens): number => Math.floor(Math.log2(Math.max(1, input + output)));
