import { NO_FILTER, type KeyFilter, type KeyGrouping, type StatusFilter } from './key-list';
import type { QueryChanges } from './query';
import { STATUS_NAMES } from './status';

type Parameter = (name: string) => string | undefined;

const FILTERS: readonly StatusFilter[] = ['all', 'healthy', 'cooling_down', 'removed', ...STATUS_NAMES];

/** The filter that an address says; whatever stands there, it is a valid one. */
export const filterFrom = (parameter: Parameter): KeyFilter => ({
  provider: parameter('provider') ?? 'all',
  status: FILTERS.find((each) => each === parameter('status')) ?? 'all',
  search: parameter('q') ?? '',
  label: parameter('label'),
  account: parameter('account'),
});

export const filterQuery = ({ provider, status, search, label, account }: KeyFilter): QueryChanges => ({
  provider: provider === NO_FILTER.provider ? undefined : provider,
  status: status === NO_FILTER.status ? undefined : status,
  q: search === '' ? undefined : search,
  label,
  account,
});

export const groupingFrom = (parameter: Parameter): KeyGrouping => {
  const named = parameter('group');
  return named === 'account' || named === 'status' ? named : 'none';
};

/** `provider/id` of the key that an address opens. */
export const keyNamed = (name: string | undefined): string | undefined =>
  name !== undefined && /^[^/\s]{1,64}\/[^/\s]{1,64}$/.test(name) ? name : undefined;

/** What stands before and after its slash. */
export function partsOfName(name: string): { provider: string; id: string } {
  const [provider = '', id = ''] = name.split('/');
  return { provider, id };
}
