import type { Slot } from './slot';

/** The slots of a lane that may be chosen, densely; beside them the rows of their ratings, so that a look at one touches no object. */
export class Eligible {
  readonly slots: Slot[] = [];
  rows = new Int32Array(16);

  get length(): number {
    return this.slots.length;
  }

  add(slot: Slot): void {
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
  remove(slot: Slot): void {
    const last = this.slots.pop()!;
    if (last !== slot) {
      this.slots[slot.position] = last;
      this.rows[slot.position] = last.record.row;
      last.position = slot.position;
    }
    slot.position = -1;
  }
}
