import { maskKey } from '../../pool/key/api-key';
import type { KeyPool } from '../../pool/key-pool';

/** A name of an account that is longer than this is shown as keys are: by its first and last characters. */
const SHOWN_WHOLE = 18;

/** The account for people: by its name, or by the key that stands for it. */
export function accountInWords(pool: KeyPool, account: string): string {
  const record = pool.record(account);
  if (record) return `the account of key ${record.key.masked}`;
  return `account ${account.length > SHOWN_WHOLE ? maskKey(account) : account}`;
}
