import { CallRejectedError } from '../../errors';
import { maskKey } from '../../pool/key/api-key';
import type { KeyPool } from '../../pool/key-pool';
import type { Owner } from './bound-objects';

/** A name of an account that is longer than this is shown as keys are: by its first and last characters. */
const SHOWN_WHOLE = 18;

/** The error of a call that no account can serve: it names objects of several. */
export function severalAccounts(pool: KeyPool, owners: readonly Owner[]): CallRejectedError {
  const [first] = owners;
  const other = owners.find(({ account }) => account !== first!.account)!;
  const told = [first!, other].map(({ object, account }) => `a ${object.kind} of ${inWords(pool, account)}`);
  return new CallRejectedError(
    `The ${pool.provider} call names objects of several accounts, and no account has them all: ${told.join(', and ')}. ` +
      `Make both in one account: name the one that exists in the call that makes the other, or give both calls the same affinity.`,
    { provider: pool.provider, outcome: 'config_error' },
  );
}

/** The account for people: by its name, or by the key that stands for it. */
function inWords(pool: KeyPool, account: string): string {
  const key = pool.record(account);
  if (key) return `the account of key ${key.key.masked}`;
  return `account ${account.length > SHOWN_WHOLE ? maskKey(account) : account}`;
}
