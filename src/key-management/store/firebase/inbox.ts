import type { StoreChange } from '../port/key-store';

/** What a load under way does to the changes that come meanwhile. */
export interface Hold {
  /** The answer was made now: what came before is in it. */
  cut(): void;
  /** The caller has the answer: what came since the cut is told. */
  release(): void;
}

/** Passes others' changes on, so that each counts once: in a load's answer or after it. One load at a time. */
export class Inbox {
  #held: { prefix: string; changes: StoreChange[] } | undefined;

  constructor(private readonly tell: (changes: readonly StoreChange[]) => void) {}

  receive(changes: readonly StoreChange[]): void {
    const held = this.#held;
    if (held === undefined) return this.tell(changes);
    held.changes.push(...changes.filter(({ doc }) => doc.startsWith(held.prefix)));
    const others = changes.filter(({ doc }) => !doc.startsWith(held.prefix));
    if (others.length > 0) this.tell(others);
  }

  hold(prefix: string): Hold {
    const held = { prefix, changes: [] as StoreChange[] };
    this.#held = held;
    return {
      cut: () => {
        held.changes = [];
      },
      release: () => {
        this.#held = undefined;
        if (held.changes.length > 0) this.tell(held.changes);
      },
    };
  }
}
