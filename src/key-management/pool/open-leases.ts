/** A place in a list of open leases: the neighbours' names are the list's own. */
export interface Listed {
  before: Listed | undefined;
  after: Listed | undefined;
}

/**
 * The leases that are out, for whoever must find those of one model. A doubly linked list through the leases themselves, since every call
 * that names its model joins and leaves it: that costs no object and no look-up.
 */
export class OpenLeases<L extends Listed> {
  #first: Listed | undefined = undefined;

  add(lease: L): void {
    const next = this.#first;
    lease.after = next;
    if (next !== undefined) next.before = lease;
    this.#first = lease;
  }

  /** Does nothing for a lease that is not in the list. */
  remove(lease: L): void {
    const { before, after } = lease;
    if (before !== undefined) before.after = after;
    else if (this.#first === lease) this.#first = after;
    if (after !== undefined) after.before = before;
    lease.before = lease.after = undefined;
  }

  *[Symbol.iterator](): Iterator<L> {
    for (let each = this.#first; each !== undefined; each = each.after) yield each as L;
  }
}
