import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

const SHOWN_AT_START = 7;
const SHOWN_AT_END = 4;
const LEAST_HIDDEN = 8;

/** The first 16 hex digits of the key's SHA-256: stable across restarts and instances, and no secret. */
export const keyIdOf = (raw: string): string => createHash('sha256').update(raw).digest('hex').slice(0, 16);

export const KEY_ID = /^[0-9a-f]{16}$/;

/** First 7 and last 4 characters around `...`; `***` where that would hide fewer than 8. */
export const maskKey = (raw: string): string =>
  raw.length - SHOWN_AT_START - SHOWN_AT_END < LEAST_HIDDEN
    ? '***'
    : `${raw.slice(0, SHOWN_AT_START)}...${raw.slice(-SHOWN_AT_END)}`;

/** One API key as a secret value: prints, serialises and inspects as its masked form. */
export class ApiKey {
  readonly #raw: string;
  readonly id: string;
  readonly masked: string;

  constructor(raw: string) {
    this.#raw = raw;
    this.id = keyIdOf(raw);
    this.masked = maskKey(raw);
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
