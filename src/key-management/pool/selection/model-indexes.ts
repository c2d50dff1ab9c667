import type { KeyRecord } from '../key/key-record';
import { ModelIndex } from './model-index';
import type { KeyModelState } from '../key/key-model-state';

/** A caller may ask for any model name: the lane least recently used makes room for one more, and its cooldowns are forgotten. */
export const MOST_LANES = 64;

/** The lanes of one pool: one for calls in general, and one for each model for which some key is restricted. */
export class ModelIndexes {
  readonly #general = new ModelIndex(undefined, 0);
  readonly #lanes: ModelIndex[] = [this.#general];
  /** Least recently used first. */
  readonly #byModel = new Map<string, ModelIndex>();
  /** Some key is for certain models only. */
  #someAreForModels = false;
  /** No cooldown ends before this. */
  #soonest = Infinity;

  /**
   * @param adopt Told of each new lane at once: the calls in flight for its model belong to it.
   * @param laneMade Told of each new lane, soon after: calls for its model choose from it from now on.
   */
  constructor(
    private readonly records: () => Iterable<KeyRecord>,
    private readonly adopt: (model: string, index: number) => void = () => undefined,
    private readonly laneMade: () => void = () => undefined,
  ) {}

  get size(): number {
    return this.#lanes.length;
  }

  modelOf(index: number): string | undefined {
    return this.#lanes[index]?.model;
  }

  /** The model's own lane, if it has one. */
  find(model: string): ModelIndex | undefined {
    return this.#byModel.get(model);
  }

  /** The lane that a call for this model chooses from. */
  forCall(model: string | undefined, now: number): ModelIndex {
    if (model === undefined) return this.#general;
    if (this.#someAreForModels || this.#byModel.has(model)) return this.restricted(model, now);
    return this.#general;
  }

  /** The model's own lane, made when first needed. */
  restricted(model: string, now: number): ModelIndex {
    const known = this.#byModel.get(model);
    if (known) {
      if (this.#lanes.length === MOST_LANES) this.#used(known, model);
      return known;
    }
    const lane = new ModelIndex(model, this.#lanes.length < MOST_LANES ? this.#lanes.length : this.#giveUpOne());
    this.#lanes[lane.index] = lane;
    this.#byModel.set(model, lane);
    for (const record of this.records()) record.slots[lane.index] = lane.add(record, now);
    this.adopt(model, lane.index);
    // When what made it is through: a verdict may be about to rest the very key that those who wait would get.
    queueMicrotask(this.laneMade);
    return lane;
  }

  /** Until when the key cools down for this model alone; 0 where it does not. Makes no lane. */
  cooldownUntil(record: KeyRecord, model: string): number {
    const lane = this.#byModel.get(model);
    return lane === undefined ? 0 : record.slots[lane.index]!.cooldownUntil;
  }

  addRecord(record: KeyRecord, now: number): void {
    if (record.models) this.#someAreForModels = true;
    // An array of its final length: one that grows has room for sixteen more.
    record.slots = this.#lanes.map((lane) => lane.add(record, now));
  }

  removeRecord(record: KeyRecord): void {
    for (const lane of this.#lanes) lane.remove(record.slots[lane.index]!);
  }

  /** Puts the key's slots where they now belong. True if those who wait should look again. */
  place(record: KeyRecord, now: number): boolean {
    let freed = false;
    for (const lane of this.#lanes) {
      const slot = record.slots[lane.index]!;
      freed = lane.place(slot, now) || freed;
      if ((slot.standing === 'cooling_down' || slot.standing === 'paced') && slot.until < this.#soonest)
        this.#soonest = slot.until;
    }
    return freed;
  }

  /** The next slot whose cooldown is over at `now`; it stands nowhere until its key is put somewhere. */
  takeAwake(now: number): KeyModelState | undefined {
    if (now < this.#soonest) return undefined;
    let soonest = Infinity;
    for (const lane of this.#lanes) {
      const slot = lane.takeAwake(now);
      if (slot) return slot;
      soonest = Math.min(soonest, lane.nextWake ?? Infinity);
    }
    this.#soonest = soonest;
    return undefined;
  }

  #used(lane: ModelIndex, model: string): void {
    this.#byModel.delete(model);
    this.#byModel.set(model, lane);
  }

  #giveUpOne(): number {
    const [[model, lane]] = this.#byModel as unknown as [[string, ModelIndex]];
    this.#byModel.delete(model);
    for (const record of this.records()) lane.remove(record.slots[lane.index]!);
    return lane.index;
  }
}
