import type { Random } from '../../common/clock';
import type { KeyModelState } from '../key/key-model-state';

/** The slots of a lane that may be chosen, densely; beside them the rows of their ratings, so that a look at one touches no object. */
export class Eligible {
  readonly slots: KeyModelState[] = [];
  rows = new Int32Array(16);

  /** Instances that share keys begin their walks at different ones. */
  #next = -1;

  get length(): number {
    return this.slots.length;
  }

  /** The next position of a walk through all. */
  step(random: Random): number {
    const { length } = this.slots;
    const at = this.#next < 0 ? Math.floor(random() * length) : this.#next;
    this.#next = at + 1 < length ? at + 1 : 0;
    return at < length ? at : 0;
  }

  add(slot: KeyModelState): void {
    slot.position = this.slots.length;
    if (slot.position === this.rows.length) {
      const larger = new Int32Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows[slot.position] = slot.record.row;
    this.slots.push(slot);
  }

  /** The last one takes its place. */
  remove(slot: KeyModelState): void {
    const last = this.slots.pop()!;
    if (last !== slot) {
      this.slots[slot.position] = last;
      this.rows[slot.position] = last.record.row;
      last.position = slot.position;
    }
    slot.position = -1;
  }
}
