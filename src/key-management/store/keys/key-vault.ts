import type { SecretText } from '../../common/secret-text';
import { ApiKey, keyIdOf } from '../../pool/key/api-key';
import type { KeyRecord } from '../../pool/key/key-record';
import { routeOf, type KeyRoute } from '../../pool/key/key-route';
import { parseJson } from '../../common/text';
import { decryptSecret, encryptionKeys, encryptSecret, type EncryptionKeys } from './encryption';

/**
 * What becomes of a key over a restart. `configuration`: given there at each start, never stored; `stored`: kept encrypted; `pending`:
 * is stored when the store, which is away, works again; `memory_only`: gone after a restart.
 */
export const PERSISTENCES = ['configuration', 'stored', 'pending', 'memory_only'] as const;
export type Persistence = (typeof PERSISTENCES)[number];

/** A key as it may be stored. */
export interface SealedKey {
  /** The encrypted key. */
  readonly secret: string;
  /** Its own base URL and headers, encrypted too: headers are secrets, and whoever writes to the store must not say where a key goes. */
  readonly route?: string;
}

/** What opening a stored key came to. */
export type OpenedKey =
  | {
      readonly kind: 'key';
      readonly key: ApiKey;
      readonly route: KeyRoute | undefined;
      readonly needsRotation: boolean;
    }
  /** No secret is set, or none of those set fits. */
  | { readonly kind: 'locked' }
  | { readonly kind: 'damaged' };

/** Encrypts keys added at run time. Without a secret it keeps nothing. */
export class KeyVault {
  readonly #keys: EncryptionKeys | undefined;
  /** Encrypting the same key again would give another text for nothing. */
  readonly #sealed = new WeakMap<ApiKey, SealedKey>();

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
  seal(record: KeyRecord): SealedKey | undefined {
    const { origin, key, provider, route, tokens } = record;
    if (origin !== 'runtime' || tokens !== undefined || !this.#keys) return undefined;
    const known = this.#sealed.get(key);
    if (known !== undefined) return known;
    const context = contextOf(provider, key.id);
    const secret = encryptSecret(key.reveal(), this.#keys, context);
    const sealed = route
      ? { secret, route: encryptSecret(textOf(route), this.#keys, routeOfKey(context)) }
      : { secret };
    this.#sealed.set(key, sealed);
    return sealed;
  }

  open(sealed: SealedKey, provider: string, keyId: string): OpenedKey {
    if (!this.#keys) return { kind: 'locked' };
    const context = contextOf(provider, keyId);
    const result = decryptSecret(sealed.secret, this.#keys, context);
    if (!result.ok) return { kind: result.reason === 'wrong_secret' ? 'locked' : 'damaged' };
    // That it belongs to this id the encryption proves.
    const key = keyIdOf(result.value) === keyId ? new ApiKey(result.value) : new ApiKey(result.value, keyId);
    const { needsRotation } = result;
    if (sealed.route === undefined) return { kind: 'key', key, route: undefined, needsRotation };
    const opened = decryptSecret(sealed.route, this.#keys, routeOfKey(context));
    const route = opened.ok ? routeIn(opened.value) : undefined;
    // Without it the key would go elsewhere than it was added for.
    return route === undefined ? { kind: 'damaged' } : { kind: 'key', key, route, needsRotation };
  }
}

const contextOf = (provider: string, keyId: string): string => `${provider}/${keyId}`;
const routeOfKey = (context: string): string => `${context}/route`;

const textOf = (route: KeyRoute): string => JSON.stringify({ baseUrl: route.baseUrl, headers: route.revealHeaders() });

/** What {@link textOf} wrote. It is authentic, since it was encrypted under the secret. */
function routeIn(text: string): KeyRoute | undefined {
  const { baseUrl, headers } = parseJson(text) as { baseUrl?: string; headers?: Record<string, string> };
  return routeOf(baseUrl, headers);
}
