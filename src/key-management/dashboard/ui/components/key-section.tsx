import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { wholeNumber } from '../model/format';
import { providerName } from '../model/provider-names';
import {
  isFiltered,
  listKeys,
  NO_FILTER,
  SORT_FIELDS,
  type KeyFilter,
  type SortField,
  type StatusFilter,
} from '../model/key-list';
import { STATUS_NAMES, STATUSES } from '../model/status';
import { useStore } from '../state/store';
import { filter, sorting } from '../state/view';
import { Button, IconButton } from './button';
import { useDashboard } from './context';
import { Icon } from './icon';
import { KeyGrid } from './key-grid';

/** The key table with what narrows it down. */
export function KeySection(): JSX.Element {
  const { data } = useDashboard();
  const version = useStore(data.state, (state) => state.keysVersion);
  const phase = useStore(data.state, (state) => state.keysPhase);
  const chosen = useStore(filter);
  const order = useStore(sorting);
  const shown = useMemo(() => listKeys(data.keys.values(), chosen, order), [version, chosen, order]);
  const total = data.keys.size;
  return (
    <section class="card keys" id="keys" tabIndex={-1} aria-labelledby="keys-title">
      <header class="section-head">
        <h2 id="keys-title">Keys</h2>
        <p class="faint" role="status">
          {isFiltered(chosen) ? `${wholeNumber(shown.length)} of ${wholeNumber(total)}` : wholeNumber(total)}
          {phase === 'loading' && <LoadedShare loaded={total} />}
        </p>
      </header>
      <Toolbar chosen={chosen} />
      {shown.length > 0 ? (
        <KeyGrid keys={shown} />
      ) : phase === 'loading' ? (
        <KeysSkeleton />
      ) : (
        <NoMatch filtered={isFiltered(chosen)} />
      )}
    </section>
  );
}

function LoadedShare({ loaded }: { loaded: number }): JSX.Element | null {
  const { data } = useDashboard();
  const expected = useStore(data.state, (state) => state.keysExpected);
  return expected > loaded ? <> of {wholeNumber(expected)}, loading…</> : null;
}

function Toolbar({ chosen }: { chosen: KeyFilter }): JSX.Element {
  const { data } = useDashboard();
  const figures = useStore(data.state, (state) => state.figures);
  const order = useStore(sorting);
  return (
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
      <select
        aria-label="Status"
        value={chosen.status}
        onChange={({ currentTarget }) => filter.patch({ status: currentTarget.value as StatusFilter })}
      >
        <option value="all">Any status</option>
        <optgroup label="In groups">
          <option value="cooling_down">in the pool, cooling down</option>
          <option value="removed">Removed from the pool</option>
        </optgroup>
        <optgroup label="Status">
          {STATUS_NAMES.filter((status) => status !== 'cooling_down').map((status) => (
            <option key={status} value={status}>
              {STATUSES[status].label}
            </option>
          ))}
        </optgroup>
      </select>
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
      {isFiltered(chosen) && <Button onClick={() => filter.set(NO_FILTER)}>Clear</Button>}
    </div>
  );
}

const NoMatch = ({ filtered }: { filtered: boolean }): JSX.Element => (
  <div class="empty-text">
    <p>{filtered ? 'No key matches.' : 'There are no keys yet.'}</p>
    {filtered && <Button onClick={() => filter.set(NO_FILTER)}>Show all keys</Button>}
  </div>
);

const KeysSkeleton = (): JSX.Element => (
  <div class="keys-skeleton" role="status" aria-busy="true" aria-label="Loading keys">
    {[0, 1, 2, 3, 4, 5].map((each) => (
      <div key={each} class="skeleton skeleton-row" />
    ))}
  </div>
);
