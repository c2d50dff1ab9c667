import { hashOf, mixed, quickHashOf } from '../../common/hash';
import type { Account } from '../key/account';
import type { KeyRecord } from '../key/key-record';

/** Ids fall into this number of slots, which have their places in the order of accounts together. A power of two, and the same on every instance. */
const SLOTS = 2 ** 16;
/** More keys than these that come or go between two calls are not looked at one by one. */
const MOST_CHANGES = 16;
const GOLDEN = 0x9e3779b9;

/**
 * The order in which the accounts of a pool are preferred for an id: weighted rendezvous hashing over their keys, so that an account's share is the
 * weight of its keys, and a key that turns out to be of an account takes its ids there. It depends on nothing but the ids and weights of the keys: every
 * instance comes to the same order, and where a key comes or goes, only its own ids move.
 *
 * The key in front is remembered for each slot, so that of many keys not all are gone through for each call.
 */
export class AccountOrder {
  readonly #records: KeyRecord[] = [];
  /** Whose they are: of all that many calls look at, this is nearest to the processor. */
  readonly #owners: Owner[] = [];
  readonly #places = new Map<KeyRecord, number>();
  #hashes = new Int32Array(16);
  /** Undefined where all are alike. */
  #weights: number[] | undefined;
  /** For each slot the place of the key in front, and 1; 0 where that is not known. */
  #front: Int32Array | undefined;
  #changes = 0;

  /** @param isIn Whether the account of the key has a key in the pool. */
  constructor(
    records: Iterable<KeyRecord>,
    private readonly isIn: (record: KeyRecord) => boolean,
  ) {
    for (const record of records) this.came(record);
  }

  /** The slot of an id. */
  slotOf(id: string): number {
    return quickHashOf(id) & (SLOTS - 1);
  }

  /** The first key in the order that will do. It must be in the pool; `willDo` is asked of few keys. */
  first(slot: number, willDo: (record: KeyRecord) => boolean): KeyRecord | undefined {
    const front = this.#checkedFront(slot);
    return front === undefined || willDo(front) ? front : this.#best(slot, willDo);
  }

  /** Whose key was first in the order, of those in the pool, when that was last looked at: it may be out by now. */
  front(slot: number): Owner | undefined {
    const place = this.#front === undefined ? 0 : this.#front[slot]!;
    if (place > 0) return this.#owners[place - 1];
    const front = this.#checkedFront(slot);
    return front && ownerOf(front);
  }

  #checkedFront(slot: number): KeyRecord | undefined {
    this.#changes = 0;
    const fronts = (this.#front ??= new Int32Array(SLOTS));
    const place = fronts[slot]!;
    const known = place > 0 ? this.#records[place - 1]! : undefined;
    if (known !== undefined && this.isIn(known)) return known;
    const front = this.#best(slot, this.isIn);
    fronts[slot] = front === undefined ? 0 : this.#places.get(front)! + 1;
    return front;
  }

  /** A key is new. */
  came(record: KeyRecord): void {
    const place = this.#records.push(record) - 1;
    this.#owners.push(ownerOf(record));
    this.#places.set(record, place);
    if (place === this.#hashes.length) {
      const longer = new Int32Array(place * 2);
      longer.set(this.#hashes);
      this.#hashes = longer;
    }
    this.#hashes[place] = hashOf(record.id);
    if (this.#weights === undefined && record.weight !== this.#records[0]!.weight) this.reweighed();
    else this.#weights?.push(record.weight);
    this.returned(record);
  }

  /** A key is in the pool again, and may be in front once more. */
  returned(record: KeyRecord): void {
    const fronts = this.#frontsAfterChange();
    const place = this.#places.get(record);
    if (fronts === undefined || place === undefined) return;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const known = fronts[slot]!;
      if (known !== 0 && this.#goesBefore(slot, place, known - 1)) fronts[slot] = place + 1;
    }
  }

  /** A key has gone for good. */
  left(record: KeyRecord): void {
    const place = this.#places.get(record);
    if (place === undefined) return;
    const last = this.#records.length - 1;
    const moved = this.#records[last]!;
    // The last one takes its place.
    this.#records[place] = moved;
    this.#records.pop();
    this.#owners[place] = this.#owners[last]!;
    this.#owners.pop();
    this.#hashes[place] = this.#hashes[last]!;
    if (this.#weights) {
      this.#weights[place] = this.#weights[last]!;
      this.#weights.pop();
    }
    this.#places.set(moved, place);
    this.#places.delete(record);
    const fronts = this.#frontsAfterChange();
    if (fronts === undefined) return;
    for (let slot = 0; slot < SLOTS; slot += 1)
      if (fronts[slot] === place + 1) fronts[slot] = 0;
      else if (fronts[slot] === last + 1) fronts[slot] = place + 1;
  }

  /** The key is known to be of another account, or of none. */
  rehoused(record: KeyRecord): void {
    const place = this.#places.get(record);
    if (place !== undefined) this.#owners[place] = ownerOf(record);
  }

  /** The weight of a key has changed. */
  reweighed(): void {
    const [first] = this.#records;
    const isEven = this.#records.every(({ weight }) => weight === first!.weight);
    this.#weights = isEven ? undefined : this.#records.map(({ weight }) => weight);
    this.#front = undefined;
  }

  #frontsAfterChange(): Int32Array | undefined {
    this.#changes += 1;
    if (this.#changes > MOST_CHANGES) this.#front = undefined;
    return this.#front;
  }

  #best(slot: number, willDo: (record: KeyRecord) => boolean): KeyRecord | undefined {
    const records = this.#records;
    const hashes = this.#hashes;
    const weights = this.#weights;
    const seed = seedOf(slot);
    let best: KeyRecord | undefined;
    let bestScore = -Infinity;
    for (let place = 0; place < records.length; place += 1) {
      const bits = mixed(seed ^ hashes[place]!) >>> 0;
      const score = weights === undefined ? bits : weighted(bits, weights[place]!);
      if (score < bestScore) continue;
      const record = records[place]!;
      if ((score === bestScore && best !== undefined && record.id > best.id) || !willDo(record)) continue;
      best = record;
      bestScore = score;
    }
    return best;
  }

  #goesBefore(slot: number, place: number, other: number): boolean {
    const score = this.#score(slot, place);
    const otherScore = this.#score(slot, other);
    if (score !== otherScore) return score > otherScore;
    return this.#records[place]!.id < this.#records[other]!.id;
  }

  #score(slot: number, place: number): number {
    const bits = mixed(seedOf(slot) ^ this.#hashes[place]!) >>> 0;
    return this.#weights === undefined ? bits : weighted(bits, this.#weights[place]!);
  }
}

/** The account of a key, or the key itself where it shares none. */
export type Owner = Account<KeyRecord> | KeyRecord;
const ownerOf = (record: KeyRecord): Owner => record.account ?? record;

const seedOf = (slot: number): number => mixed(Math.imul(slot + 1, GOLDEN));

/** As if a key of weight 2 were two keys: the greatest of so many random numbers. */
const weighted = (bits: number, weight: number): number => Math.log((bits + 0.5) / 2 ** 32) / weight;
