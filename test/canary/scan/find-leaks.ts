import { GRAM, GramIndex } from './gram-index';
import { viewsOf } from './byte-views';

/** One secret in some output. */
export interface Leak {
  /** The secret as its mask. */
  readonly secret: string;
  /** How it was written. */
  readonly form: string;
  /** What stands before it, without any secret. */
  readonly after: string;
}

/** Every vendor's keys begin with some characters that are no secret. */
const PUBLIC_START = 4;
const CONTEXT = 60;

/** Secrets to look for. */
export class SecretSet {
  readonly #index = new GramIndex();
  readonly #known = new Set<string>();
  readonly #masks: string[] = [];

  get size(): number {
    return this.#masks.length;
  }

  /** @returns false for what is too short to be told from other text, or known */
  add(secret: string): boolean {
    if (secret.length < PUBLIC_START + GRAM || this.#known.has(secret)) return false;
    this.#known.add(secret);
    // What is like another secret but for some digits at its end is found with it.
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

  /** The text before a hit; nothing where that holds a secret itself. */
  #context(bytes: Uint8Array, at: number): string {
    const before = bytes.subarray(Math.max(0, at - PUBLIC_START - CONTEXT), Math.max(0, at - PUBLIC_START));
    return this.#index.search(before).length > 0 ? '' : Buffer.from(before).toString('latin1');
  }
}

/** Which of the secrets stand in the text or bytes: whole or GRAM characters of them and more, in any form in which software writes them. */
export function findLeaks(data: string | Uint8Array, secrets: Iterable<string>): Leak[] {
  const set = new SecretSet();
  for (const secret of secrets) set.add(secret);
  return set.find(data);
}

const masked = (secret: string): string => (secret.length < 19 ? '***' : `${secret.slice(0, 7)}...${secret.slice(-4)}`);
