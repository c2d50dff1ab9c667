import type { ApiKey } from '../../pool/api-key';

/** A way in which a key may be written, and what stands for it. */
interface Spelling {
  readonly bytes: Buffer;
  readonly mask: Buffer;
}

/** Which spellings are looked for: in sound and pictures, which are large, the plain one alone. */
export type Thoroughness = 'plain' | 'every';

/** Shorter keys are words, and to mask words destroys answers. */
const SHORTEST = 8;
const SPELLINGS = new WeakMap<ApiKey, readonly Spelling[]>();

/** The key as is, escaped for a URL or for JSON, and in base64 or hex, with whatever stands before it. The plain one comes first. */
function spellingsOf(key: ApiKey): readonly Spelling[] {
  const known = SPELLINGS.get(key);
  if (known) return known;
  const plain = key.reveal();
  const texts = new Set([plain, encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1)]);
  texts.add(Buffer.from(plain).toString('hex'));
  for (let shift = 0; shift < 3; shift += 1) {
    const whole = Buffer.from('\0'.repeat(shift) + plain).toString('base64');
    // Without what is shared with the characters before and after.
    const own = whole.slice(shift === 0 ? 0 : shift + 1).replace(/.?={1,2}$/, '');
    texts.add(own).add(own.replaceAll('+', '-').replaceAll('/', '_'));
  }
  const mask = Buffer.from(key.masked);
  const spellings = [...texts]
    .filter(({ length }) => length >= SHORTEST)
    .map((text) => ({ bytes: Buffer.from(text), mask }));
  SPELLINGS.set(key, spellings);
  return spellings;
}

/**
 * Takes keys out of bytes that pass by, in every cut: linear, and holds back no more than the beginning of what may be a key.
 * A chunk without any passes as it is.
 */
export class PassingRedaction {
  readonly #spellings: readonly Spelling[];
  /** Whether a byte stands in any spelling: most chunks end with one that does not. */
  readonly #inSpelling = new Uint8Array(256);
  #held: Buffer | undefined;

  /** @param keepsLength The answer has told its length: the mask is filled up to that of the key. */
  constructor(
    keys: readonly ApiKey[],
    thoroughness: Thoroughness,
    private readonly keepsLength: boolean,
  ) {
    const all = keys.map(spellingsOf);
    this.#spellings = thoroughness === 'every' ? all.flat() : all.flatMap((spellings) => spellings.slice(0, 1));
    for (const { bytes } of this.#spellings) for (const byte of bytes) this.#inSpelling[byte] = 1;
  }

  push(chunk: Uint8Array): Uint8Array {
    const given = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#held ? Buffer.concat([this.#held, given]) : given;
    this.#held = undefined;
    const parts: Buffer[] = [];
    let done = 0;
    // Where each spelling comes next; each byte is searched once for each.
    const next = this.#spellings.map(({ bytes: spelling }) => placeOf(bytes, spelling, 0));
    for (;;) {
      const at = Math.min(...next);
      if (at === Infinity) break;
      const found = this.#spellings[next.indexOf(at)]!;
      parts.push(bytes.subarray(done, at), this.#maskOf(found));
      done = at + found.bytes.length;
      for (const [n, place] of next.entries())
        if (place < done) next[n] = placeOf(bytes, this.#spellings[n]!.bytes, done);
    }
    const end = this.#beginningOfKey(bytes, done);
    if (end < bytes.length) this.#held = Buffer.from(bytes.subarray(end));
    if (parts.length === 0) return end === bytes.length && bytes === given ? chunk : bytes.subarray(0, end);
    return Buffer.concat([...parts, bytes.subarray(done, end)]);
  }

  /** What was held back, and proved to be no key. */
  end(): Uint8Array | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }

  /** The same for a body that is there whole. */
  whole(body: Buffer): Buffer {
    const passed = this.push(body);
    const rest = this.end();
    if (!rest && passed === body) return body;
    return Buffer.concat(rest ? [passed, rest] : [passed]);
  }

  /** Where the bytes end in what may be the beginning of a key; their length where they do not. */
  #beginningOfKey(bytes: Buffer, from: number): number {
    let begins = bytes.length;
    if (begins === from || !this.#inSpelling[bytes[begins - 1]!]) return begins;
    for (const { bytes: key } of this.#spellings) {
      const first = key[0]!;
      let at = bytes.indexOf(first, Math.max(from, bytes.length - key.length + 1));
      while (at >= 0 && at < begins) {
        if (bytes.compare(key, 0, bytes.length - at, at) === 0) begins = at;
        at = bytes.indexOf(first, at + 1);
      }
    }
    return begins;
  }

  #maskOf({ bytes, mask }: Spelling): Buffer {
    if (!this.keepsLength || mask.length >= bytes.length) return mask;
    return Buffer.concat([mask, Buffer.alloc(bytes.length - mask.length, '*')]);
  }
}

function placeOf(bytes: Buffer, spelling: Buffer, from: number): number {
  const at = bytes.indexOf(spelling, from);
  return at < 0 ? Infinity : at;
}

/** A text, such as a header's value, without the keys. */
export function withoutKeys(text: string, keys: readonly ApiKey[]): string {
  let clean = text;
  for (const key of keys)
    for (const { bytes, mask } of spellingsOf(key)) {
      const spelling = bytes.toString('utf8');
      if (clean.includes(spelling)) clean = clean.replaceAll(spelling, mask.toString('utf8'));
    }
  return clean;
}
