import type { KeyRecord } from '../pool/key/key-record';
import type { KeyStatus } from '../pool/key/key-state';

/** Which keys are meant: those that are as every field says which is there. */
export interface KeyFilters {
  readonly status?: KeyStatus | undefined;
  /** The empty text: keys without a label. */
  readonly label?: string | undefined;
  /** As `quota_group` shows it. */
  readonly account?: string | undefined;
}

/** Whether a key is meant. */
export const keyFilter =
  ({ status, label, account }: KeyFilters) =>
  (record: KeyRecord): boolean =>
    (status === undefined || record.status === status) &&
    (label === undefined || (record.label ?? '') === label) &&
    (account === undefined || (record.quotaGroup ?? record.account?.name) === account);
