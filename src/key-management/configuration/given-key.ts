import { ApiKey } from '../pool/key/api-key';
import type { KeyInput, KeySettings } from '../pool/key/key-input';
import { routeOf } from '../pool/key/key-route';
import { withoutVersion } from './base-url';

/** A key as a user gave it, with its secrets wrapped. */
export interface GivenKey extends KeySettings {
  readonly key: ApiKey;
}

/** Wraps what is secret of a key that was checked and trimmed. */
export function givenKey({ key, baseUrl, headers, ...settings }: KeyInput): GivenKey {
  const route = routeOf(baseUrl === undefined ? undefined : withoutVersion(baseUrl), headers);
  return { ...settings, key: new ApiKey(key), ...(route !== undefined && { route }) };
}
