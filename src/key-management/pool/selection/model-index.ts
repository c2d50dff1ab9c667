import type { Random } from '../../common/clock';
import { choose, type PoolMean } from './choice';
import { Eligible } from './eligible';
import type { PassedOver, KeyRecord } from '../key/key-record';
import { KeyModelState, type Availability } from '../key/key-record';
import { TimeHeap } from '../../common/time-heap';

const MAY_SERVE_SOON: ReadonlySet<Availability> = new Set<Availability>(['busy', 'unchecked', 'rate_limited_locally']);

/**
 * The keys of a pool as candidates for calls of one model. The eligible ones lie densely in an array, those that cool down in a heap by time;
 * busy and removed ones are in neither.
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
    /** The place of this index's candidates in every record's `candidates`. */
    readonly ordinal: number,
  ) {}

  /** Some key can be had now, or may be at any moment: it is in use, or being checked. */
  get hasCandidate(): boolean {
    return this.#eligible.length > 0 || this.#soonFree > 0;
  }

  /** The number of keys that can be had now. */
  get eligible(): number {
    return this.#eligible.length;
  }

  /** The number of keys that can be had now, or as soon as their calls in flight allow. */
  get inUse(): number {
    return this.#eligible.length + this.#soonFree - this.#unchecked;
  }

  /** The soonest end of a cooldown, undefined if no key cools down. */
  get nextWake(): number | undefined {
    return this.#coolingDown.peek()?.until;
  }

  /** Makes the key's candidate for this index; the caller puts it into the record's `candidates`. */
  add(record: KeyRecord, now: number): KeyModelState {
    const candidate = new KeyModelState(record);
    this.place(candidate, now);
    return candidate;
  }

  /** Moves the candidate to where the state of its key now belongs. True if those who wait should look again: it is eligible, or will be sooner. */
  place(candidate: KeyModelState, now: number): boolean {
    const { record } = candidate;
    const cooldownUntil = record.serves(this.model)
      ? Math.max(record.unavailableUntil, candidate.cooldownUntil)
      : Infinity;
    const from = cooldownUntil === Infinity ? Infinity : Math.max(cooldownUntil, candidate.blockedUntil(now));
    if (from <= now) return this.#move(candidate, candidate.busy ? 'busy' : 'eligible');
    if (from === Infinity)
      return this.#move(candidate, record.isUnchecked && record.serves(this.model) ? 'unchecked' : 'out');
    const earlierUntil = candidate.isTimed ? candidate.until : Infinity;
    this.#move(candidate, candidate.isBlockedByInFlightOnly(now) ? 'rate_limited_locally' : 'cooling_down');
    candidate.until = from;
    this.#coolingDown.put(candidate);
    return from < earlierUntil;
  }

  remove(candidate: KeyModelState): void {
    this.#move(candidate, 'out');
  }

  /** The next candidate whose cooldown is over at `now`; it is in no list until it is placed. */
  takeAwake(now: number): KeyModelState | undefined {
    const candidate = this.#coolingDown.peek();
    if (candidate === undefined || candidate.until > now) return undefined;
    this.#move(candidate, 'out');
    return candidate;
  }

  choose(
    exclude: PassedOver | undefined,
    mean: PoolMean,
    now: number,
    random: Random,
    fits?: (candidate: KeyModelState) => boolean,
  ): KeyModelState | undefined {
    return choose(this.#eligible, exclude, mean, now, random, fits);
  }

  /** The keys that can be had now, if a call fits them. */
  get candidates(): readonly KeyModelState[] {
    return this.#eligible.candidates;
  }

  #move(candidate: KeyModelState, to: Availability): boolean {
    const from = candidate.availability;
    if (from === to) return false;
    if (from === 'eligible') this.#eligible.remove(candidate);
    else if (candidate.isTimed) this.#coolingDown.remove(candidate);
    if (MAY_SERVE_SOON.has(from)) this.#soonFree -= 1;
    if (from === 'unchecked') this.#unchecked -= 1;
    candidate.availability = to;
    if (MAY_SERVE_SOON.has(to)) this.#soonFree += 1;
    if (to === 'unchecked') this.#unchecked += 1;
    if (to === 'eligible') this.#eligible.add(candidate);
    return to === 'eligible';
  }
}
