import type { Random } from '../../common/clock';
import type { KeyModelState } from '../key/key-record';

/** The candidates of a index that may be chosen, densely; beside them the rows of their ratings, so that a look at one touches no object. */
export class Eligible {
  readonly candidates: KeyModelState[] = [];
  rows = new Int32Array(16);

  /** Instances that share keys begin their walks at different ones. */
  #next = -1;

  get length(): number {
    return this.candidates.length;
  }

  /** The next position of a walk through all. */
  step(random: Random): number {
    const { length } = this.candidates;
    const at = this.#next < 0 ? Math.floor(random() * length) : this.#next;
    this.#next = at + 1 < length ? at + 1 : 0;
    return at < length ? at : 0;
  }

  add(candidate: KeyModelState): void {
    candidate.position = this.candidates.length;
    if (candidate.position === this.rows.length) {
      const larger = new Int32Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows[candidate.position] = candidate.record.row;
    this.candidates.push(candidate);
  }

  /** The last one takes its place. */
  remove(candidate: KeyModelState): void {
    const last = this.candidates.pop()!;
    if (last !== candidate) {
      this.candidates[candidate.position] = last;
      this.rows[candidate.position] = last.record.row;
      last.position = candidate.position;
    }
    candidate.position = -1;
  }
}
