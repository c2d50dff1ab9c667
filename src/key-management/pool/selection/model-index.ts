import type { Random } from '../../common/clock';
import { choose, type PoolMean } from './choice';
import { Eligible } from './eligible';
import type { PassedOver, KeyRecord } from '../key/key-record';
import { KeyModelState, type Availability } from '../key/key-record';
import { TimeHeap } from '../../common/time-heap';

const MAY_SERVE_SOON: ReadonlySet<Availability> = new Set<Availability>(['busy', 'unchecked', 'rate_limited_locally']);

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
    /** Its place in every record's `candidates`. */
    readonly ordinal: number,
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

  /** The key's candidate in this index, which the caller puts into its place among the key's. */
  add(record: KeyRecord, now: number): KeyModelState {
    const candidate = new KeyModelState(record);
    this.place(candidate, now);
    return candidate;
  }

  /** Puts the candidate where its key's state now says. True if those who wait should look again: it is eligible, or will be sooner. */
  place(candidate: KeyModelState, now: number): boolean {
    const { record } = candidate;
    const rested = record.serves(this.model) ? Math.max(record.unavailableUntil, candidate.cooldownUntil) : Infinity;
    const from = rested === Infinity ? Infinity : Math.max(rested, candidate.blockedUntil(now));
    if (from <= now) return this.#move(candidate, candidate.busy ? 'busy' : 'eligible');
    if (from === Infinity)
      return this.#move(candidate, record.isUnchecked && record.serves(this.model) ? 'unchecked' : 'out');
    const wakes =
      candidate.availability === 'cooling_down' || candidate.availability === 'rate_limited_locally'
        ? candidate.until
        : Infinity;
    this.#move(candidate, candidate.isBlockedByInFlightOnly(now) ? 'rate_limited_locally' : 'cooling_down');
    candidate.until = from;
    this.#coolingDown.put(candidate);
    return from < wakes;
  }

  remove(candidate: KeyModelState): void {
    this.#move(candidate, 'out');
  }

  /** The next candidate whose cooldown is over at `now`; it stands nowhere until it is put somewhere. */
  takeAwake(now: number): KeyModelState | undefined {
    const candidate = this.#coolingDown.peek();
    if (candidate === undefined || candidate.until > now) return undefined;
    this.#move(candidate, 'out');
    return candidate;
  }

  choose(exclude: PassedOver | undefined, mean: PoolMean, now: number, random: Random): KeyModelState | undefined {
    return choose(this.#eligible, exclude, mean, now, random);
  }

  #move(candidate: KeyModelState, to: Availability): boolean {
    const from = candidate.availability;
    if (from === to) return false;
    if (from === 'eligible') this.#eligible.remove(candidate);
    else if (from === 'cooling_down' || from === 'rate_limited_locally') this.#coolingDown.remove(candidate);
    if (MAY_SERVE_SOON.has(from)) this.#soonFree -= 1;
    if (from === 'unchecked') this.#unchecked -= 1;
    candidate.availability = to;
    if (MAY_SERVE_SOON.has(to)) this.#soonFree += 1;
    if (to === 'unchecked') this.#unchecked += 1;
    if (to === 'eligible') this.#eligible.add(candidate);
    return to === 'eligible';
  }
}
