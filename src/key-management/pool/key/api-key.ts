import { hash } from 'node:crypto';
import { inspect } from 'node:util';
import { flattenString } from '../../common/text';

const SHOWN_AT_START = 7;
const SHOWN_AT_END = 4;
const LEAST_HIDDEN = 8;

/** The first 16 hex digits of the key's SHA-256: stable across restarts and instances, and no secret. */
export const keyIdOf = (raw: string): string => {
  const digest = hash('sha256', raw, 'hex');
  return flattenString(digest.slice(0, 8), digest.slice(8, 16));
};

/** Characters: signed tokens of clouds are that long. */
export const LONGEST_KEY = 16_384;

/** An id of a key. A URL cannot hold `.` or `..` as a part of its path: a key of that name could never be asked for. */
export const KEY_ID = /^(?!\.{1,2}$)[a-z0-9._-]{1,64}$/;

/** What an id must be, for the error that names its field. */
export const KEY_ID_RULE = 'must be 1 to 64 of a-z, 0-9, ".", "_" and "-", and neither "." nor ".."';

/** First 7 and last 4 characters around `...`; `***` where that would hide fewer than 8. What no key has in it is shown as `?`. */
export const maskKey = (raw: string): string =>
  raw.length - SHOWN_AT_START - SHOWN_AT_END < LEAST_HIDDEN
    ? '***'
    : flattenString(printable(raw.slice(0, SHOWN_AT_START)), '...', printable(raw.slice(-SHOWN_AT_END)));

const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?');

/** Of the keys whose id was given, the id that is made of the key itself, once asked for: few are, and a field would cost every key. */
const TOKEN_IDS = new WeakMap<ApiKey, string | undefined>();

/** One API key as a secret value: prints, serialises and inspects as its masked form. */
export class ApiKey {
  readonly #raw: string;
  // Made when first asked for: the settings of ten thousand keys are read at once.
  #id: string | undefined;
  #masked: string | undefined = undefined;

  /** @param id The id that was given with the key. Default: made of the key. */
  constructor(raw: string, id?: string) {
    this.#raw = raw;
    this.#id = id;
    if (id !== undefined) TOKEN_IDS.set(this, undefined);
  }

  get id(): string {
    return (this.#id ??= keyIdOf(this.#raw));
  }

  /** The id was given with the key. */
  get isNamed(): boolean {
    return TOKEN_IDS.has(this);
  }

  /** The id that is made of the key itself, whatever id was given: tells one token of a key from the next, and is no secret. */
  get tokenId(): string {
    if (!this.isNamed) return this.id;
    const made = TOKEN_IDS.get(this) ?? keyIdOf(this.#raw);
    TOKEN_IDS.set(this, made);
    return made;
  }

  get masked(): string {
    return (this.#masked ??= maskKey(this.#raw));
  }

  /** The raw key. Called where a vendor is called or the key is encrypted, and nowhere else. */
  reveal(): string {
    return this.#raw;
  }

  toString(): string {
    return this.masked;
  }

  toJSON(): string {
    return this.masked;
  }

  [inspect.custom](): string {
    return `ApiKey(${this.masked})`;
  }
}
