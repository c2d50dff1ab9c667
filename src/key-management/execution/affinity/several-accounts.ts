import { CallRejectedError } from '../../errors';
import type { KeyPool } from '../../pool/key-pool';
import { accountInWords } from './account-in-words';
import type { Owner } from './bound-objects';

/** The error of a call that no account can serve: it names objects of several. */
export function severalAccounts(pool: KeyPool, owners: readonly Owner[]): CallRejectedError {
  const [first] = owners;
  const other = owners.find(({ account }) => account !== first!.account)!;
  const told = [first!, other].map(({ object, account }) => `a ${object.kind} of ${accountInWords(pool, account)}`);
  return new CallRejectedError(
    `The ${pool.provider} call names objects of several accounts, and no account has them all: ${told.join(', and ')}. ` +
      `Make both in one account: name the one that exists in the call that makes the other, or give both calls the same affinity.`,
    { provider: pool.provider, outcome: 'config_error' },
  );
}
