import type { Random } from '../../common/clock';
import { choose, type PoolMean } from './choice';
import { Eligible } from './eligible';
import type { PassedOver, KeyRecord } from '../key/key-record';
import { KeyModelState, type Availability } from '../key/key-model-state';
import { TimeHeap } from '../../common/time-heap';

const MAY_SERVE_SOON: ReadonlySet<Availability> = new Set<Availability>(['busy', 'unchecked', 'paced']);

/**
 * The keys of a pool as calls for one model see them: the eligible ones lie densely in an array, cooling-down ones in a heap
 * by time; busy and removed ones in neither.
 */
export class ModelIndex {
  readonly #eligible = new Eligible();
  readonly #coolingDown = new TimeHeap<KeyModelState>();
  /** Slots that a settled call or a check may make eligible at any moment, and how many of them await their first check. */
  #soonFree = 0;
  #unchecked = 0;

  /** @param model The model, or undefined for calls that name none. */
  constructor(
    readonly model: string | undefined,
    /** Its place in every record's `slots`. */
    readonly index: number,
  ) {}

  /** Some key can be had now, or may be at any moment: it is in use, or being checked. */
  get hasCandidate(): boolean {
    return this.#eligible.length > 0 || this.#soonFree > 0;
  }

  /** Keys that can be had now. */
  get eligible(): number {
    return this.#eligible.length;
  }

  /** Keys that can be had now, or as soon as their calls in flight allow. */
  get inUse(): number {
    return this.#eligible.length + this.#soonFree - this.#unchecked;
  }

  /** The soonest end of a cooldown, undefined if no key cools down. */
  get nextWake(): number | undefined {
    return this.#coolingDown.peek()?.until;
  }

  /** The key's slot in this lane, which the caller puts into its place among the key's. */
  add(record: KeyRecord, now: number): KeyModelState {
    const slot = new KeyModelState(record);
    this.place(slot, now);
    return slot;
  }

  /** Puts the slot where its key's state now says. True if those who wait should look again: it is eligible, or will be sooner. */
  place(slot: KeyModelState, now: number): boolean {
    const { record } = slot;
    const rested = record.serves(this.model) ? Math.max(record.availableFrom, slot.cooldownUntil) : Infinity;
    const from = rested === Infinity ? Infinity : Math.max(rested, slot.pacedUntil(now));
    if (from <= now) return this.#move(slot, slot.busy ? 'busy' : 'eligible');
    if (from === Infinity)
      return this.#move(slot, record.isUnchecked && record.serves(this.model) ? 'unchecked' : 'out');
    const wakes = slot.standing === 'cooling_down' || slot.standing === 'paced' ? slot.until : Infinity;
    this.#move(slot, slot.isBlockedByInFlightOnly(now) ? 'paced' : 'cooling_down');
    slot.until = from;
    this.#coolingDown.put(slot);
    return from < wakes;
  }

  remove(slot: KeyModelState): void {
    this.#move(slot, 'out');
  }

  /** The next slot whose cooldown is over at `now`; it stands nowhere until it is put somewhere. */
  takeAwake(now: number): KeyModelState | undefined {
    const slot = this.#coolingDown.peek();
    if (slot === undefined || slot.until > now) return undefined;
    this.#move(slot, 'out');
    return slot;
  }

  choose(exclude: PassedOver | undefined, mean: PoolMean, now: number, random: Random): KeyModelState | undefined {
    return choose(this.#eligible, exclude, mean, now, random);
  }

  #move(slot: KeyModelState, to: Availability): boolean {
    const from = slot.standing;
    if (from === to) return false;
    if (from === 'eligible') this.#eligible.remove(slot);
    else if (from === 'cooling_down' || from === 'paced') this.#coolingDown.remove(slot);
    if (MAY_SERVE_SOON.has(from)) this.#soonFree -= 1;
    if (from === 'unchecked') this.#unchecked -= 1;
    slot.standing = to;
    if (MAY_SERVE_SOON.has(to)) this.#soonFree += 1;
    if (to === 'unchecked') this.#unchecked += 1;
    if (to === 'eligible') this.#eligible.add(slot);
    return to === 'eligible';
  }
}
