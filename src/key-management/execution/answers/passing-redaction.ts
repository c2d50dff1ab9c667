import { EchoSearch, spellingsOf, type Echo } from '../../classification/redaction/passing-echoes';
import type { ApiKey } from '../../pool/key/api-key';

const SPELLINGS = new WeakMap<ApiKey, readonly string[]>();
/** Of single keys: most calls try no other. */
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

/**
 * Takes keys out of bytes that pass by, in every spelling and every cut: linear, and holds back no more than the beginning of what may be a
 * key. A chunk without any passes as it is.
 */
export class PassingRedaction {
  readonly #search: EchoSearch;
  #held: Buffer | undefined;

  /** @param keepsLength The answer has told its length: the mask is filled up to that of the key. */
  constructor(
    private readonly keys: readonly ApiKey[],
    private readonly keepsLength: boolean,
  ) {
    this.#search = searchFor(keys);
  }

  push(chunk: Uint8Array): Uint8Array {
    const given = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#held ? Buffer.concat([this.#held, given]) : given;
    const clean = this.#cleaned(bytes, false);
    return clean === given ? chunk : clean;
  }

  /** What was held back. */
  end(): Uint8Array | undefined {
    return this.#held && this.#cleaned(this.#held, true);
  }

  /** The same for a body that is there whole. */
  whole(body: Buffer): Buffer {
    return this.#cleaned(body, true);
  }

  #cleaned(bytes: Buffer, isLast: boolean): Buffer {
    const { echoes, end } = this.#search.find(bytes.toString('latin1'), isLast);
    this.#held = end < bytes.length ? Buffer.from(bytes.subarray(end)) : undefined;
    if (echoes.length === 0) return end === bytes.length ? bytes : bytes.subarray(0, end);
    const parts: Buffer[] = [];
    let done = 0;
    for (const echo of echoes) {
      parts.push(bytes.subarray(done, echo.from), this.#maskOf(echo));
      done = echo.to;
    }
    return Buffer.concat([...parts, bytes.subarray(done, end)]);
  }

  #maskOf({ from, to, secret }: Echo): Buffer {
    const mask = this.keys[secret]!.masked;
    return Buffer.from(this.keepsLength ? mask.padEnd(to - from, '*') : mask);
  }
}

/** A text, such as a header's value, without the keys. */
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
