import { TimeHeap } from '../../common/time-heap';
import type { Availability, KeyModelState } from '../key/key-record';
import { Eligible } from './eligible';

const MAY_SERVE_SOON: ReadonlySet<Availability> = new Set<Availability>(['busy', 'unchecked', 'rate_limited_locally']);

/** Whether a call fits a key by this time, milliseconds since the epoch; without one, now. */
export type Fits = (candidate: KeyModelState, by?: number) => boolean;

/**
 * The candidates of one tier in a model index. The eligible ones lie densely in an array, those that cool down in a heap by time; busy and
 * removed ones are in neither.
 */
export class Tier {
  readonly eligible = new Eligible();
  readonly #coolingDown = new TimeHeap<KeyModelState>();
  /** Candidates that a settled call or a check may make eligible at any moment, and how many of them await their first check. */
  #soonFree = 0;
  #unchecked = 0;

  /** @param rank The tier as the user states it: lower ones are chosen first. */
  constructor(readonly rank: number) {}

  /** Some key can be had now, or may be at any moment: it is in use, or being checked. */
  get hasCandidate(): boolean {
    return this.eligible.length > 0 || this.#soonFree > 0;
  }

  /** The number of keys that can be had now, or as soon as their calls in flight allow. */
  get inUse(): number {
    return this.eligible.length + this.#soonFree - this.#unchecked;
  }

  /** The candidate whose cooldown ends first. */
  get nextAwake(): KeyModelState | undefined {
    return this.#coolingDown.peek();
  }

  /** A key that cannot be had now may be by this time; milliseconds since the epoch. */
  mayServeBy(until: number, fits?: Fits): boolean {
    if (this.#soonFree > 0 || (this.#coolingDown.peek()?.until ?? Infinity) <= until) return true;
    return fits !== undefined && this.eligible.candidates.some((candidate) => fits(candidate, until));
  }

  /** The candidate, which is `isTimed`, cools down until its new `until`. */
  timed(candidate: KeyModelState): void {
    this.#coolingDown.put(candidate);
  }

  /** Moves the candidate to where its new availability belongs. True if it has become eligible. */
  move(candidate: KeyModelState, to: Availability): boolean {
    const from = candidate.availability;
    if (from === to) return false;
    if (from === 'eligible') this.eligible.remove(candidate);
    else if (candidate.isTimed) this.#coolingDown.remove(candidate);
    if (MAY_SERVE_SOON.has(from)) this.#soonFree -= 1;
    if (from === 'unchecked') this.#unchecked -= 1;
    candidate.availability = to;
    if (MAY_SERVE_SOON.has(to)) this.#soonFree += 1;
    if (to === 'unchecked') this.#unchecked += 1;
    if (to === 'eligible') this.eligible.add(candidate);
    return to === 'eligible';
  }
}
