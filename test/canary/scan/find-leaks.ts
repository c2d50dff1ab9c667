import { GRAM, GramIndex } from './gram-index';
import { viewsOf } from './byte-views';

/** One occurrence of a secret in some output. */
export interface Leak {
  /** The mask of the secret. */
  readonly secret: string;
  /** The form in which the secret was written. */
  readonly form: string;
  /** The text before the secret, without any secret. */
  readonly after: string;
}

/** Beginnings of keys that are the same for all keys of a vendor, and no secret. */
const PUBLIC_START = 4;
const CONTEXT = 60;

/** A set of secrets to search for. */
export class SecretSet {
  readonly #index = new GramIndex();
  readonly #known = new Set<string>();
  readonly #masks: string[] = [];

  get size(): number {
    return this.#masks.length;
  }

  /** @returns false for a secret that is known already, or too short to be told from other text */
  add(secret: string): boolean {
    if (secret.length < PUBLIC_START + GRAM || this.#known.has(secret)) return false;
    this.#known.add(secret);
    // A secret that differs from another one only in some digits at its end is found with that one.
    if (this.#index.add(Buffer.from(secret.slice(PUBLIC_START))) === 0) return true;
    this.#masks.push(masked(secret));
    return true;
  }

  find(data: string | Uint8Array): Leak[] {
    if (this.size === 0) return [];
    const raw = typeof data === 'string' ? Buffer.from(data) : data;
    const leaks = new Map<number, Leak>();
    for (const { form, bytes } of viewsOf(raw)) {
      for (const { secret, at } of this.#index.search(bytes)) {
        if (leaks.has(secret)) continue;
        leaks.set(secret, { secret: this.#masks[secret] ?? '***', form, after: this.#context(bytes, at) });
      }
    }
    return [...leaks.values()];
  }

  /** The text before a hit; empty where that text contains a secret too. */
  #context(bytes: Uint8Array, at: number): string {
    const before = bytes.subarray(Math.max(0, at - PUBLIC_START - CONTEXT), Math.max(0, at - PUBLIC_START));
    return this.#index.search(before).length > 0 ? '' : Buffer.from(before).toString('latin1');
  }
}

/** Which of the secrets the text or the bytes contain, whole or in a part of GRAM characters or more, in any form in which software writes them. */
export function findLeaks(data: string | Uint8Array, secrets: Iterable<string>): Leak[] {
  const set = new SecretSet();
  for (const secret of secrets) set.add(secret);
  return set.find(data);
}

const masked = (secret: string): string => (secret.length < 19 ? '***' : `${secret.slice(0, 7)}...${secret.slice(-4)}`);
