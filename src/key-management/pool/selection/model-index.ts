import type { Random } from '../../common/clock';
import { KeyModelState, type Availability, type KeyRecord, type PassedOver } from '../key/key-record';
import { choose, type PoolMean } from './choice';
import { Tier, type Fits } from './tier';

const NONE: readonly KeyModelState[] = [];

/** The keys of a pool as candidates for calls of one model, by their tiers: the lowest that can serve is chosen from. */
export class ModelIndex {
  /** The lowest tier: nearly always the only one, so that a pool without tiers is spared the list. */
  #lowest: Tier | undefined;
  /** All tiers, the lowest first. */
  readonly #tiers: Tier[] = [];

  /** @param model The model, or undefined for calls that name none. */
  constructor(
    readonly model: string | undefined,
    /** The place of this index's candidates in every record's `candidates`. */
    readonly ordinal: number,
  ) {}

  /** Some key can be had now, or may be at any moment: it is in use, or being checked. */
  get hasCandidate(): boolean {
    for (const tier of this.#tiers) if (tier.hasCandidate) return true;
    return false;
  }

  /** The number of keys that can be had now. */
  get eligible(): number {
    let eligible = 0;
    for (const tier of this.#tiers) eligible += tier.eligible.length;
    return eligible;
  }

  /** The number of keys that can be had now, or as soon as their calls in flight allow. */
  get inUse(): number {
    let inUse = 0;
    for (const tier of this.#tiers) inUse += tier.inUse;
    return inUse;
  }

  /** The soonest end of a cooldown, undefined if no key cools down. */
  get nextWake(): number | undefined {
    return this.#nextAwake?.until;
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
    this.#tierOf(candidate).timed(candidate);
    return from < earlierUntil;
  }

  /** Takes the candidate out of its tier. Before the tier of its key changes, and when the key goes. */
  remove(candidate: KeyModelState): void {
    this.#move(candidate, 'out');
  }

  /** The next candidate whose cooldown is over at `now`; it is in no list until it is placed. */
  takeAwake(now: number): KeyModelState | undefined {
    const candidate = this.#nextAwake;
    if (candidate === undefined || candidate.until > now) return undefined;
    this.#move(candidate, 'out');
    return candidate;
  }

  /**
   * Chooses from the lowest tier that has a key.
   * @param fits Where not every call fits every key: whether this one does.
   * @param spillsAt Until then a tier is only chosen from where no lower one can serve by then. Milliseconds since the epoch.
   */
  choose(
    exclude: PassedOver | undefined,
    mean: PoolMean,
    now: number,
    random: Random,
    fits?: Fits,
    spillsAt = 0,
  ): KeyModelState | undefined {
    const lowest = this.#lowest;
    if (lowest === undefined) return undefined;
    const candidate = choose(lowest.eligible, exclude, mean, now, random, fits);
    if (candidate !== undefined || this.#tiers.length === 1) return candidate;
    return this.#spill(exclude, mean, now, random, fits, spillsAt);
  }

  #spill(
    exclude: PassedOver | undefined,
    mean: PoolMean,
    now: number,
    random: Random,
    fits: Fits | undefined,
    spillsAt: number,
  ): KeyModelState | undefined {
    for (const [place, tier] of this.#tiers.entries()) {
      const candidate = place === 0 ? undefined : choose(tier.eligible, exclude, mean, now, random, fits);
      if (candidate !== undefined) return candidate;
      if (spillsAt > now && tier.mayServeBy(spillsAt, fits)) return undefined;
    }
    return undefined;
  }

  /** The tiers of its keys, the lowest first. */
  get tiers(): readonly Tier[] {
    return this.#tiers;
  }

  /** The keys that can be had now, if a call fits them. */
  get candidates(): readonly KeyModelState[] {
    if (this.#tiers.length > 1) return this.#tiers.flatMap(({ eligible }) => eligible.candidates);
    return this.#lowest === undefined ? NONE : this.#lowest.eligible.candidates;
  }

  get #nextAwake(): KeyModelState | undefined {
    let next = this.#lowest?.nextAwake;
    if (this.#tiers.length > 1)
      for (const { nextAwake } of this.#tiers)
        if (nextAwake !== undefined && (next === undefined || nextAwake.until < next.until)) next = nextAwake;
    return next;
  }

  #move(candidate: KeyModelState, to: Availability): boolean {
    return this.#tierOf(candidate).move(candidate, to);
  }

  #tierOf({ record: { tier: rank } }: KeyModelState): Tier {
    const lowest = this.#lowest;
    if (lowest !== undefined && lowest.rank === rank) return lowest;
    return this.#tiers.find((tier) => tier.rank === rank) ?? this.#newTier(rank);
  }

  #newTier(rank: number): Tier {
    const tier = new Tier(rank);
    this.#tiers.push(tier);
    this.#tiers.sort((one, other) => one.rank - other.rank);
    this.#lowest = this.#tiers[0];
    return tier;
  }
}
