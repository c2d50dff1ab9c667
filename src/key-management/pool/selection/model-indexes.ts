import type { KeyRecord } from '../key/key-record';
import { ModelIndex } from './model-index';
import type { KeyModelState } from '../key/key-record';

/** Callers may name any model: beyond this number of indexes, the least recently used makes room, and its cooldowns are forgotten. */
const MAX_MODEL_INDEXES = 64;

/** The model indexes of one pool: one for calls in general, and one for each model for which some key is restricted. */
export class ModelIndexes {
  readonly #general = new ModelIndex(undefined, 0);
  readonly #indexes: ModelIndex[] = [this.#general];
  /** Least recently used first. */
  readonly #byModel = new Map<string, ModelIndex>();
  /** Some key is for certain models only. */
  #someAreForModels = false;
  /** No cooldown ends before this. */
  #nextWakeAt = Infinity;

  /**
   * @param adopt Called for each new index at once: the calls in flight for its model belong to it.
   * @param onIndexAdded Called for each new index soon after: calls for its model choose from it from now on.
   */
  constructor(
    private readonly records: () => Iterable<KeyRecord>,
    private readonly adopt: (model: string, index: number) => void = () => undefined,
    private readonly onIndexAdded: () => void = () => undefined,
  ) {}

  get size(): number {
    return this.#indexes.length;
  }

  modelOf(index: number): string | undefined {
    return this.#indexes[index]?.model;
  }

  /** The model's own index, if it has one. */
  find(model: string): ModelIndex | undefined {
    return this.#byModel.get(model);
  }

  /** The index that a call for this model chooses from. */
  forCall(model: string | undefined, now: number): ModelIndex {
    const isGeneral = model === undefined || (this.#byModel.size === 0 && !this.#someAreForModels);
    return isGeneral ? this.#general : this.#forModel(model, now);
  }

  #forModel(model: string, now: number): ModelIndex {
    return this.#someAreForModels || this.#byModel.has(model) ? this.restricted(model, now) : this.#general;
  }

  /** The model's own index, made when first needed. */
  restricted(model: string, now: number): ModelIndex {
    const known = this.#byModel.get(model);
    if (known) {
      if (this.#indexes.length === MAX_MODEL_INDEXES) this.#used(known, model);
      return known;
    }
    const index = new ModelIndex(
      model,
      this.#indexes.length < MAX_MODEL_INDEXES ? this.#indexes.length : this.#giveUpOne(),
    );
    this.#indexes[index.ordinal] = index;
    this.#byModel.set(model, index);
    for (const record of this.records()) record.candidates[index.ordinal] = index.add(record, now);
    this.adopt(model, index.ordinal);
    // Only when its maker is through: a settlement may be about to cool down the very key that waiting calls would get.
    queueMicrotask(this.onIndexAdded);
    return index;
  }

  /** Until when the key cools down for this model alone; 0 where it does not. Makes no index. */
  cooldownUntil(record: KeyRecord, model: string): number {
    const index = this.#byModel.get(model);
    return index === undefined ? 0 : record.candidates[index.ordinal]!.cooldownUntil;
  }

  addRecord(record: KeyRecord, now: number): void {
    if (record.models) this.#someAreForModels = true;
    // `map` makes an array of its final length; an array that grows reserves room for sixteen more.
    record.candidates = this.#indexes.map((index) => index.add(record, now));
  }

  removeRecord(record: KeyRecord): void {
    for (const index of this.#indexes) index.remove(record.candidates[index.ordinal]!);
  }

  /** Puts the key's candidates where they now belong. True if those who wait should look again. */
  place(record: KeyRecord, now: number): boolean {
    let freed = false;
    for (const index of this.#indexes) {
      const candidate = record.candidates[index.ordinal]!;
      freed = index.place(candidate, now) || freed;
      if (candidate.isTimed && candidate.until < this.#nextWakeAt) this.#nextWakeAt = candidate.until;
    }
    return freed;
  }

  /** The next candidate whose cooldown is over at `now`; it is in no list until its key is placed. */
  takeAwake(now: number): KeyModelState | undefined {
    return now < this.#nextWakeAt ? undefined : this.#takeAwake(now);
  }

  #takeAwake(now: number): KeyModelState | undefined {
    let nextWakeAt = Infinity;
    for (const index of this.#indexes) {
      const candidate = index.takeAwake(now);
      if (candidate) return candidate;
      nextWakeAt = Math.min(nextWakeAt, index.nextWake ?? Infinity);
    }
    this.#nextWakeAt = nextWakeAt;
    return undefined;
  }

  #used(index: ModelIndex, model: string): void {
    this.#byModel.delete(model);
    this.#byModel.set(model, index);
  }

  #giveUpOne(): number {
    const [[model, index]] = this.#byModel as unknown as [[string, ModelIndex]];
    this.#byModel.delete(model);
    for (const record of this.records()) index.remove(record.candidates[index.ordinal]!);
    return index.ordinal;
  }
}
