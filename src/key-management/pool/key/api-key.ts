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

export const KEY_ID = /^[0-9a-f]{16}$/;

/** First 7 and last 4 characters around `...`; `***` where that would hide fewer than 8. What no key has in it is shown as `?`. */
export const maskKey = (raw: string): string =>
  raw.length - SHOWN_AT_START - SHOWN_AT_END < LEAST_HIDDEN
    ? '***'
    : flattenString(printable(raw.slice(0, SHOWN_AT_START)), '...', printable(raw.slice(-SHOWN_AT_END)));

const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?');

/** One API key as a secret value: prints, serialises and inspects as its masked form. */
export class ApiKey {
  readonly #raw: string;
  // Made when first asked for: the settings of ten thousand keys are read at once.
  #id: string | undefined = undefined;
  #masked: string | undefined = undefined;

  constructor(raw: string) {
    this.#raw = raw;
  }

  get id(): string {
    return (this.#id ??= keyIdOf(this.#raw));
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
