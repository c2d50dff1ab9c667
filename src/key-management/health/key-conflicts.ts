import type { GivenKey } from '../configuration/given-key';
import type { KeyPool } from '../pool/key-pool';
import type { KeyRecord } from '../pool/key/key-record';

/** Whether the key is in the pool under the same id with another token, which the given one takes the place of. */
export const replaces = ({ key, tokens }: GivenKey, present: KeyRecord): boolean =>
  tokens === undefined && present.tokens === undefined && present.key.tokenId !== key.tokenId;

/**
 * Why a key cannot come into the pool under its id: undefined for no reason. A new token for a known id is welcome, except where the id was not
 * given but is made of the token, and where the token would be lost with the next start.
 * @param isConfiguration The app itself gives the key, at each start.
 */
export function conflictOf(
  pool: Pick<KeyPool, 'record' | 'holderOf'>,
  given: GivenKey,
  isConfiguration: boolean,
): string | undefined {
  const { key, tokens } = given;
  const present = pool.record(key.id);
  if (present === undefined) {
    const holder = tokens === undefined && key.isNamed ? pool.holderOf(key) : undefined;
    return (
      holder && `the same key is in the pool under the id "${holder.id}": leave the id out, or delete that key first`
    );
  }
  if ((present.tokens === undefined) !== (tokens === undefined))
    return 'is the id of another key of the pool: delete that key first, or give this one another id';
  if (!replaces(given, present)) return undefined;
  if (!key.isNamed) return 'another key of the pool was given the id of this one: give this one an id of its own';
  if (present.origin === 'configuration' && !isConfiguration)
    return 'is the id of a key that the configuration gives: give its new token there, or this key another id';
  return undefined;
}
