import type { KeyEntry, KeyStatus } from '../api/types';
import { nextOf, standingOf, type Standing } from './status';

export const SORT_FIELDS = {
  key: 'Key',
  provider: 'Provider',
  status: 'Status',
  next: 'Next',
  success: 'Success',
  calls: 'Calls',
  response: 'Response',
  in_flight: 'In flight',
  last_used: 'Last used',
} as const;
export type SortField = keyof typeof SORT_FIELDS;

export interface Sorting {
  field: SortField;
  descending: boolean;
}

export type StatusFilter = 'all' | Exclude<Standing, 'unknown'> | KeyStatus;

export interface KeyFilter {
  provider: string;
  status: StatusFilter;
  search: string;
  /** Exactly this one; the empty text: keys without a label; undefined: any. */
  label: string | undefined;
  /** Keys of exactly this vendor account; undefined: any. */
  account: string | undefined;
}

/** Under which headings keys stand. */
export type KeyGrouping = 'none' | 'account' | 'status';

export const NO_FILTER: KeyFilter = {
  provider: 'all',
  status: 'all',
  search: '',
  label: undefined,
  account: undefined,
};

export const isFiltered = ({ provider, status, search, label, account }: KeyFilter): boolean =>
  provider !== 'all' || status !== 'all' || search.trim() !== '' || label !== undefined || account !== undefined;

/** The labels and accounts that keys have, in the order of the alphabet. */
export function facetsOf(keys: Iterable<KeyEntry>): { labels: string[]; accounts: string[] } {
  const labels = new Set<string>();
  const accounts = new Set<string>();
  for (const { label, quota_group: account } of keys) {
    if (label !== null) labels.add(label);
    if (account !== null) accounts.add(account);
  }
  return { labels: [...labels].sort(), accounts: [...accounts].sort() };
}

/** All words of the search must occur somewhere in what the row shows. */
function matches(key: KeyEntry, { provider, status, search, label, account }: KeyFilter): boolean {
  if (provider !== 'all' && key.provider !== provider) return false;
  if (status !== 'all' && key.status !== status && standingOf(key.status) !== status) return false;
  if (label !== undefined && (key.label ?? '') !== label) return false;
  if (account !== undefined && key.quota_group !== account) return false;
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return true;
  const text =
    `${key.masked_key} ${key.label ?? ''} ${key.id} ${key.provider} ${key.status} ${key.reason ?? ''} ${key.quota_group ?? ''} ${key.origin}`.toLowerCase();
  return wanted.every((word) => text.includes(word));
}

/** Sorting downwards shows trouble first; what an administrator switched off is none. */
export const SEVERITY: Readonly<Record<KeyStatus, number>> = {
  healthy: 0,
  disabled: 1,
  unchecked: 2,
  cooling_down: 3,
  rate_limited: 4,
  quota_exceeded: 5,
  invalid_key: 6,
};

/** Healthy, but cooling down for a model: trouble of a kind, less than that of a key which cools down for all. */
const COOLS_DOWN_FOR_A_MODEL = 2.5;

const VALUES: Readonly<Record<SortField, (key: KeyEntry) => number | string | null>> = {
  key: ({ label, masked_key }) => `${label ?? '\uffff'} ${masked_key}`,
  provider: ({ provider }) => provider,
  status: ({ status, cooldowns }) =>
    status === 'healthy' && cooldowns.length > 0 ? COOLS_DOWN_FOR_A_MODEL : SEVERITY[status],
  next: (key) => nextOf(key)?.at ?? null,
  success: (key) => (key.success_count + key.error_count === 0 ? null : key.success_rate),
  calls: (key) => key.success_count + key.error_count,
  response: ({ response_time }) => response_time,
  in_flight: ({ in_flight }) => in_flight,
  last_used: ({ last_used_at }) => last_used_at,
};

/** Rows that have no value stand last in both directions; equal rows keep a stable order. */
function compareBy({ field, descending }: Sorting): (a: KeyEntry, b: KeyEntry) => number {
  const valueOf = VALUES[field];
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const left = valueOf(a);
    const right = valueOf(b);
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else if (left !== right) {
      return left < right ? -sign : sign;
    }
    return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
  };
}

export const listKeys = (keys: Iterable<KeyEntry>, filter: KeyFilter, sorting: Sorting): KeyEntry[] =>
  Array.from(keys)
    .filter((key) => matches(key, filter))
    .sort(compareBy(sorting));
