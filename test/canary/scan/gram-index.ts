/** This many consecutive characters of a secret are a leak. Masks show fewer. */
export const GRAM = 12;
const { imul } = Math;
const BASE = 0x01000193;
/** BASE to the power of GRAM - 1, modulo 2^32. */
const OLDEST = Array.from({ length: GRAM - 1 }).reduce<number>((power) => imul(power, BASE), 1);

/** Maps ASCII letters to lower case, since a leak in another case is a leak. */
const FOLD = Uint8Array.from({ length: 256 }, (_, code) => (code >= 65 && code <= 90 ? code + 32 : code));

/** A place at which characters of a secret were found. */
export interface Hit {
  readonly secret: number;
  readonly at: number;
}

/** An index of all n-grams (GRAM characters) of all secrets, with a rolling hash (Rabin-Karp): one pass over the bytes finds any of them. */
export class GramIndex {
  readonly #secrets: Uint8Array[] = [];
  /** Hash table with open addressing: for each n-gram its secret plus one, and the place in it. */
  #slots = new Uint32Array(1 << 12);
  #places = new Uint16Array(1 << 12);
  #used = 0;
  /** One bit per hash (a Bloom filter of one hash), small enough for the processor's cache: nearly all bytes are rejected here. */
  #filter = new Uint8Array(1 << 17);

  /** @returns the number of new n-grams; 0 where the n-grams of other secrets find this one too */
  add(secret: Uint8Array): number {
    const folded = Uint8Array.from(secret, (byte) => FOLD[byte]!);
    const id = this.#secrets.push(folded);
    const before = this.#used;
    eachGram(folded, folded.length, (hash, at) => {
      if (this.#find(hash, folded, at) >= 0 || isWord(folded, at)) return;
      if (this.#used * 2 >= this.#slots.length) this.#grow();
      this.#put(hash, id, at);
      this.#used += 1;
    });
    if (this.#used === before) this.#secrets.pop();
    return this.#used - before;
  }

  /** The first occurrence of each secret in the bytes. */
  search(bytes: Uint8Array, length = bytes.length): Hit[] {
    if (this.#used === 0) return [];
    let hits: Map<number, Hit> | undefined;
    const filter = this.#filter;
    const mask = filter.length - 1;
    let hash = 0;
    for (let at = 0; at < length; at += 1) {
      if (at >= GRAM) hash = (hash - imul(FOLD[bytes[at - GRAM]!]!, OLDEST)) | 0;
      hash = (imul(hash, BASE) + FOLD[bytes[at]!]!) | 0;
      if (at < GRAM - 1 || ((filter[(hash >>> 3) & mask]! >> (hash & 7)) & 1) === 0) continue;
      const slot = this.#find(hash, bytes, at - GRAM + 1);
      if (slot < 0) continue;
      const secret = this.#slots[slot]! - 1;
      hits ??= new Map();
      if (!hits.has(secret)) hits.set(secret, { secret, at: at - GRAM + 1 });
    }
    return hits === undefined ? [] : [...hits.values()];
  }

  #find(hash: number, bytes: Uint8Array, from: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = spread(hash) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const secret = this.#secrets[this.#slots[slot]! - 1]!;
      const place = this.#places[slot]!;
      let same = 0;
      while (same < GRAM && secret[place + same] === FOLD[bytes[from + same]!]) same += 1;
      if (same === GRAM) return slot;
    }
    return -1;
  }

  #put(hash: number, id: number, place: number): void {
    const mask = this.#slots.length - 1;
    let slot = spread(hash) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
    this.#places[slot] = place;
    this.#filter[(hash >>> 3) & (this.#filter.length - 1)]! |= 1 << (hash & 7);
  }

  #grow(): void {
    const [slots, places] = [this.#slots, this.#places];
    this.#slots = new Uint32Array(slots.length * 4);
    this.#places = new Uint16Array(slots.length * 4);
    this.#filter = new Uint8Array(Math.max(this.#filter.length, slots.length * 4));
    slots.forEach((id, slot) => {
      if (id === 0) return;
      const place = places[slot]!;
      eachGram(this.#secrets[id - 1]!.subarray(place), GRAM, (hash) => this.#put(hash, id, place));
    });
  }
}

const spread = (hash: number): number => imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 7;

function eachGram(folded: Uint8Array, length: number, visit: (hash: number, at: number) => void): void {
  let hash = 0;
  for (let at = 0; at < length; at += 1) {
    if (at >= GRAM) hash = (hash - imul(folded[at - GRAM]!, OLDEST)) | 0;
    hash = (imul(hash, BASE) + folded[at]!) | 0;
    if (at >= GRAM - 1) visit(hash, at - GRAM + 1);
  }
}

/** Whether the n-gram has few different characters, as `000000000000` has, which many harmless texts contain. */
function isWord(folded: Uint8Array, at: number): boolean {
  let different = 0;
  for (let n = at; n < at + GRAM; n += 1) if (folded.indexOf(folded[n]!, at) === n) different += 1;
  return different < 5;
}
