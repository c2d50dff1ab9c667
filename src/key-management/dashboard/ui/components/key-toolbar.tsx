import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { providerName } from '../model/provider-names';
import {
  facetsOf,
  isFiltered,
  NO_FILTER,
  SORT_FIELDS,
  type KeyFilter,
  type KeyGrouping,
  type SortField,
  type StatusFilter,
} from '../model/key-list';
import { STATUS_NAMES, STATUSES } from '../model/status';
import { useStore } from '../state/store';
import { filter, grouping, sorting } from '../state/view';
import { Button, IconButton } from './button';
import { useDashboard } from './context';
import { Icon } from './icon';

/** What narrows the table of keys down, and how it is laid out. */
export const KeyToolbar = ({ chosen }: { chosen: KeyFilter }): JSX.Element => (
  <div class="toolbar" role="search" aria-label="Keys">
    <label class="search">
      <span class="hidden">Search keys by mask, label, id or reason</span>
      <Icon name="search" />
      <input
        type="search"
        placeholder="Search mask, label, reason"
        value={chosen.search}
        onInput={({ currentTarget }) => filter.patch({ search: currentTarget.value })}
      />
    </label>
    <StatusChoice chosen={chosen} />
    <ProviderChoice chosen={chosen} />
    <FacetChoices chosen={chosen} />
    <GroupChoice />
    <SortChoice />
    {isFiltered(chosen) && <Button onClick={() => filter.set(NO_FILTER)}>Clear</Button>}
  </div>
);

const StatusChoice = ({ chosen }: { chosen: KeyFilter }): JSX.Element => (
  <select
    aria-label="Status"
    value={chosen.status}
    onChange={({ currentTarget }) => filter.patch({ status: currentTarget.value as StatusFilter })}
  >
    <option value="all">Any status</option>
    <optgroup label="In groups">
      <option value="cooling_down">All cooling down</option>
      <option value="removed">All removed</option>
    </optgroup>
    <optgroup label="Status">
      {STATUS_NAMES.filter((status) => status !== 'cooling_down').map((status) => (
        <option key={status} value={status}>
          {STATUSES[status].label}
        </option>
      ))}
    </optgroup>
  </select>
);

function ProviderChoice({ chosen }: { chosen: KeyFilter }): JSX.Element {
  const { data } = useDashboard();
  const figures = useStore(data.state, (state) => state.figures);
  return (
    <select
      aria-label="Provider"
      value={chosen.provider}
      onChange={({ currentTarget }) => filter.patch({ provider: currentTarget.value })}
    >
      <option value="all">Any provider</option>
      {Object.keys(figures?.providers ?? {}).map((provider) => (
        <option key={provider} value={provider}>
          {providerName(provider)}
        </option>
      ))}
    </select>
  );
}

/** Marks the values of the two lists that are no names. */
const ANY = 'any';
const NONE = 'none';
const named = (name: string): string => `=${name}`;

/** Labels and accounts, where keys have any. */
function FacetChoices({ chosen }: { chosen: KeyFilter }): JSX.Element {
  const { data } = useDashboard();
  const version = useStore(data.state, (state) => state.keysVersion);
  const { labels, accounts } = useMemo(() => facetsOf(data.keys.values()), [version]);
  const { label, account } = chosen;
  return (
    <>
      {(labels.length > 0 || label !== undefined) && (
        <select
          aria-label="Label"
          value={label === undefined ? ANY : label === '' ? NONE : named(label)}
          onChange={({ currentTarget: { value } }) =>
            filter.patch({ label: value === ANY ? undefined : value === NONE ? '' : value.slice(1) })
          }
        >
          <option value={ANY}>Any label</option>
          <option value={NONE}>Without a label</option>
          <Names names={labels} chosen={label === '' ? undefined : label} />
        </select>
      )}
      {(accounts.length > 0 || account !== undefined) && (
        <select
          aria-label="Account"
          value={account === undefined ? ANY : named(account)}
          onChange={({ currentTarget: { value } }) =>
            filter.patch({ account: value === ANY ? undefined : value.slice(1) })
          }
        >
          <option value={ANY}>Any account</option>
          <Names names={accounts} chosen={account} />
        </select>
      )}
    </>
  );
}

/** With the one that is chosen, also where no key has it any more. */
const Names = ({ names, chosen }: { names: readonly string[]; chosen: string | undefined }): JSX.Element => (
  <>
    {(chosen === undefined || names.includes(chosen) ? names : [...names, chosen]).map((name) => (
      <option key={name} value={named(name)}>
        {name}
      </option>
    ))}
  </>
);

const GROUPINGS: Readonly<Record<KeyGrouping, string>> = {
  none: 'Not grouped',
  status: 'Group by status',
  account: 'Group by account',
};

function GroupChoice(): JSX.Element {
  const chosen = useStore(grouping);
  return (
    <select
      aria-label="Group"
      value={chosen}
      onChange={({ currentTarget }) => grouping.set(currentTarget.value as KeyGrouping)}
    >
      {Object.entries(GROUPINGS).map(([value, name]) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** Where there is no head to click on. */
function SortChoice(): JSX.Element {
  const order = useStore(sorting);
  return (
    <div class="sort-choice">
      <select
        aria-label="Sort by"
        value={order.field}
        onChange={({ currentTarget }) => sorting.patch({ field: currentTarget.value as SortField })}
      >
        {Object.entries(SORT_FIELDS).map(([field, label]) => (
          <option key={field} value={field}>
            By {label.toLowerCase()}
          </option>
        ))}
      </select>
      <IconButton
        icon={order.descending ? 'down' : 'up'}
        label={order.descending ? 'Descending. Change to ascending' : 'Ascending. Change to descending'}
        onClick={() => sorting.patch({ descending: !order.descending })}
      />
    </div>
  );
}
