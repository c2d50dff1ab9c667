import { ApiKey } from '../pool/key/api-key';
import type { KeyInput, KeySettings } from '../pool/key/key-input';
import { routeOf } from '../pool/key/key-route';
import { withoutVersion } from './base-url';

/** A key as a user gave it, with its secrets wrapped. */
export interface GivenKey extends KeySettings {
  readonly key: ApiKey;
}

/** Wraps what is secret of a key that was checked and trimmed. */
export function givenKey({ key, id, baseUrl, headers, expiresAt, ...settings }: KeyInput): GivenKey {
  const route = routeOf(baseUrl === undefined ? undefined : withoutVersion(baseUrl), headers);
  const own = {
    ...settings,
    ...(route !== undefined && { route }),
    // JSON has it as text.
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
  };
  // Short-lived tokens come later.
  return typeof key === 'string'
    ? { ...own, key: new ApiKey(key, id) }
    : { ...own, key: new ApiKey('', id), tokens: key };
}
