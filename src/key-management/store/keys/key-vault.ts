import type { SecretText } from '../../common/secret-text';
import { ApiKey } from '../../pool/key/api-key';
import type { KeyRecord } from '../../pool/key/key-record';
import { decryptSecret, encryptionKeys, encryptSecret, type EncryptionKeys } from './encryption';

/**
 * What becomes of a key over a restart. `configuration`: given there at each start, never stored; `stored`: kept encrypted; `pending`:
 * is stored when the store, which is away, works again; `memory_only`: gone after a restart.
 */
export const PERSISTENCES = ['configuration', 'stored', 'pending', 'memory_only'] as const;
export type Persistence = (typeof PERSISTENCES)[number];

/** What opening a stored key came to. */
export type OpenedKey =
  | { readonly kind: 'key'; readonly key: ApiKey; readonly needsRotation: boolean }
  /** No secret is set, or none of those set fits. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'damaged' };

/** Encrypts keys added at run time. Without a secret it keeps nothing. */
export class KeyVault {
  readonly #keys: EncryptionKeys | undefined;
  /** Encrypting the same key again would give another text for nothing. */
  readonly #sealed = new WeakMap<ApiKey, string>();

  /** @param secrets The first encrypts, all decrypt. */
  constructor([current, ...previous]: readonly SecretText[]) {
    this.#keys =
      current &&
      encryptionKeys(
        current.reveal(),
        previous.map((secret) => secret.reveal()),
      );
  }

  get canSeal(): boolean {
    return this.#keys !== undefined;
  }

  /** The key as it may be stored; undefined for keys from the configuration, and without a secret. */
  seal({ origin, key, provider }: KeyRecord): string | undefined {
    if (origin !== 'runtime' || !this.#keys) return undefined;
    const known = this.#sealed.get(key);
    if (known !== undefined) return known;
    const sealed = encryptSecret(key.reveal(), this.#keys, contextOf(provider, key.id));
    this.#sealed.set(key, sealed);
    return sealed;
  }

  open(sealed: string, provider: string, keyId: string): OpenedKey {
    if (!this.#keys) return { kind: 'locked' };
    const result = decryptSecret(sealed, this.#keys, contextOf(provider, keyId));
    if (!result.ok) return { kind: result.reason === 'wrong_secret' ? 'locked' : 'damaged' };
    const key = new ApiKey(result.value);
    return key.id === keyId ? { kind: 'key', key, needsRotation: result.needsRotation } : { kind: 'damaged' };
  }
}

const contextOf = (provider: string, keyId: string): string => `${provider}/${keyId}`;
