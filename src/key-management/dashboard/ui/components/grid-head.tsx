import type { JSX } from 'preact';
import { SORT_FIELDS, type SortField } from '../model/key-list';
import { useStore } from '../state/store';
import { sorting } from '../state/view';
import { Icon } from './icon';

/** Numbers read best from the top, names from the start. */
const FIRST_DESCENDING: ReadonlySet<SortField> = new Set(['status', 'calls', 'response', 'in_flight', 'last_used']);

export const GridHead = (): JSX.Element => (
  <div class="grid-head" role="rowgroup">
    <div class="grid-row head" role="row" aria-rowindex={1}>
      <div class="cell cell-select" role="columnheader">
        <span class="hidden">Selected</span>
      </div>
      {(Object.keys(SORT_FIELDS) as SortField[]).map((field) => (
        <HeadCell key={field} field={field} />
      ))}
      <div class="cell cell-actions" role="columnheader">
        <span class="hidden">Actions</span>
      </div>
    </div>
  </div>
);

function HeadCell({ field }: { field: SortField }): JSX.Element {
  const { field: current, descending } = useStore(sorting);
  const chosen = current === field;
  const choose = (): void => sorting.set({ field, descending: chosen ? !descending : FIRST_DESCENDING.has(field) });
  return (
    <div
      class={`cell cell-${field}`}
      role="columnheader"
      aria-sort={chosen ? (descending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="head-button" onClick={choose}>
        {SORT_FIELDS[field]}
        {chosen && <Icon name={descending ? 'down' : 'up'} />}
      </button>
    </div>
  );
}
