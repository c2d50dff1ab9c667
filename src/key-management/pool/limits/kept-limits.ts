/** Limits that calls pass over but for one that they are kept for. */
interface Keepable {
  keptFor: object | undefined;
}

/** The limits that are kept for calls which wait, by whoever waits. */
export class KeptLimits {
  readonly #kept = new Map<object, Keepable>();

  get size(): number {
    return this.#kept.size;
  }

  has(holder: object): boolean {
    return this.#kept.has(holder);
  }

  /** Does nothing where they are kept already. */
  keep(limits: Keepable, holder: object): void {
    if (limits.keptFor !== undefined) return;
    this.giveBack(holder);
    limits.keptFor = holder;
    this.#kept.set(holder, limits);
  }

  giveBack(holder: object): void {
    const limits = this.#kept.get(holder);
    if (limits === undefined) return;
    limits.keptFor = undefined;
    this.#kept.delete(holder);
  }
}
