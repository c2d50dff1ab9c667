import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { KeyEntry } from '../api/types';
import { wholeNumber } from '../model/format';
import { isFiltered, listKeys, NO_FILTER } from '../model/key-list';
import { tableRows } from '../model/key-rows';
import { tableKey } from '../state/key-table';
import { selectAll, selection } from '../state/selection';
import { useStore } from '../state/store';
import { filter, grouping, sorting } from '../state/view';
import { Button } from './button';
import { useDashboard } from './context';
import { KeyGrid } from './key-grid';
import { KeySelectionBar } from './key-selection-bar';
import { KeyToolbar } from './key-toolbar';
import { SelectBox } from './select-box';

/** The key table with what narrows it down, and with what can be done to many keys at once. */
export function KeySection(): JSX.Element {
  const { data } = useDashboard();
  const version = useStore(data.state, (state) => state.keysVersion);
  const phase = useStore(data.state, (state) => state.keysPhase);
  const chosen = useStore(filter);
  const order = useStore(sorting);
  const groups = useStore(grouping);
  const shown = useMemo(() => listKeys(data.keys.values(), chosen, order), [version, chosen, order]);
  const rows = useMemo(() => tableRows(shown, groups), [shown, groups]);
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
      <KeyToolbar chosen={chosen} />
      <Selection shown={shown} />
      {rows.length > 0 ? (
        <KeyGrid rows={rows} />
      ) : phase === 'loading' ? (
        <KeysSkeleton />
      ) : (
        <NoMatch filtered={isFiltered(chosen)} />
      )}
    </section>
  );
}

/** Takes all keys that match into the selection, and shows what can be done to them. */
function Selection({ shown }: { shown: readonly KeyEntry[] }): JSX.Element | null {
  const { data } = useDashboard();
  const names = useStore(selection);
  if (shown.length === 0 && names.size === 0) return null;
  const keys = names.size === 0 ? [] : [...data.keys.values()].filter((key) => names.has(nameOf(key)));
  const selected = names.size === 0 ? 0 : shown.filter((key) => names.has(nameOf(key))).length;
  return (
    <div class="selection">
      {shown.length > 0 && (
        <SelectBox selected={selected} total={shown.length} onChange={(isChosen) => selectAll(shown, isChosen)}>
          Select all {wholeNumber(shown.length)}
        </SelectBox>
      )}
      {keys.length > 0 && <KeySelectionBar keys={keys} hidden={keys.length - selected} />}
    </div>
  );
}

const nameOf = ({ provider, id }: KeyEntry): string => tableKey(provider, id);

function LoadedShare({ loaded }: { loaded: number }): JSX.Element | null {
  const { data } = useDashboard();
  const expected = useStore(data.state, (state) => state.keysExpected);
  return expected > loaded ? <> of {wholeNumber(expected)}, loading…</> : null;
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
