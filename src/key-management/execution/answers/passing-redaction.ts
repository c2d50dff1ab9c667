import { EchoSearch, spellingsOf, type Echo } from '../../classification/redaction/passing-echoes';
import type { ApiKey } from '../../pool/key/api-key';

const SPELLINGS = new WeakMap<ApiKey, readonly string[]>();
/** The searches for single keys: most calls try one key alone. */
const SEARCHES = new WeakMap<ApiKey, EchoSearch>();

function spellings(key: ApiKey): readonly string[] {
  const known = SPELLINGS.get(key) ?? spellingsOf(key.reveal());
  SPELLINGS.set(key, known);
  return known;
}

function searchFor(keys: readonly ApiKey[]): EchoSearch {
  const [only] = keys;
  if (only === undefined || keys.length > 1) return new EchoSearch(keys.map(spellings));
  const search = SEARCHES.get(only) ?? new EchoSearch([spellings(only)]);
  SEARCHES.set(only, search);
  return search;
}

/** What may be the beginning of a key is looked at anew for each chunk up to here, and then whenever it has grown by a quarter. Bytes. */
const LONG_BEGINNING = 1_024;
const GROWTH = 1.25;
const NOTHING = new Uint8Array();

/**
 * Masks keys in bytes that pass by, in every spelling and wherever chunks cut them. It takes linear time, and keeps back no more than the
 * beginning of what may be a key. A chunk without keys passes as it is.
 */
export class PassingRedaction {
  readonly #search: EchoSearch;
  #kept: Buffer | undefined;
  /** What is kept back is not looked at before it has so many bytes. */
  #nextLook = 0;

  /** @param keepsLength The answer states its length: the mask is filled up to the length of the key. */
  constructor(
    private readonly keys: readonly ApiKey[],
    private readonly keepsLength: boolean,
  ) {
    this.#search = searchFor(keys);
  }

  push(chunk: Uint8Array): Uint8Array {
    const given = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#kept ? Buffer.concat([this.#kept, given]) : given;
    if (this.#kept && bytes.length < this.#nextLook) {
      this.#kept = bytes;
      return NOTHING;
    }
    const clean = this.#cleaned(bytes, false);
    return clean === given ? chunk : clean;
  }

  /** Returns what was kept back. */
  end(): Uint8Array | undefined {
    return this.#kept && this.#cleaned(this.#kept, true);
  }

  #cleaned(bytes: Buffer, isLast: boolean): Buffer {
    const { echoes, end } = this.#search.find(bytes.toString('latin1'), isLast);
    this.#kept = end < bytes.length ? Buffer.from(bytes.subarray(end)) : undefined;
    const kept = bytes.length - end;
    this.#nextLook = kept > LONG_BEGINNING ? kept * GROWTH : 0;
    const passing = end === bytes.length ? bytes : bytes.subarray(0, end);
    return masked(passing, echoes, this.keys, this.keepsLength);
  }
}

/** The bytes with the masks of keys in place of what was found of them: the same object where nothing was. */
function masked(bytes: Buffer, echoes: readonly Echo[], keys: readonly ApiKey[], keepsLength: boolean): Buffer {
  if (echoes.length === 0) return bytes;
  const parts: Buffer[] = [];
  let done = 0;
  for (const { from, to, secret } of echoes) {
    const mask = keys[secret]!.masked;
    parts.push(bytes.subarray(done, from), Buffer.from(keepsLength ? mask.padEnd(to - from, '*') : mask));
    done = to;
  }
  return Buffer.concat([...parts, bytes.subarray(done)]);
}

/** Masks the keys in a whole body. @param text Of the body, one unit for each byte. */
export const wholeWithoutKeys = (body: Buffer, text: string, keys: readonly ApiKey[]): Buffer =>
  masked(body, searchFor(keys).find(text, true).echoes, keys, false);

/** Masks the keys in a text, such as a header's value. */
export function withoutKeys(text: string, keys: readonly ApiKey[]): string {
  const { echoes } = searchFor(keys).find(text, true);
  let clean = '';
  let done = 0;
  for (const { from, to, secret } of echoes) {
    clean += text.slice(done, from) + keys[secret]!.masked;
    done = to;
  }
  return done === 0 ? text : clean + text.slice(done);
}
