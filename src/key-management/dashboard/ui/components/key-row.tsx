import type { JSX } from 'preact';
import type { KeyEntry } from '../api/types';
import { duration, percent, shortNumber, usedLine, words } from '../model/format';
import { providerName } from '../model/provider-names';
import { accountText } from '../model/account';
import { rateTone } from '../model/status';
import { selection, toggleSelected } from '../state/selection';
import { tableKey } from '../state/key-table';
import { useStore } from '../state/store';
import { openDialog } from '../state/view';
import { KeyBudget } from './budget-bars';
import { IconButton } from './button';
import { useDashboard, useReadOnly } from './context';
import { Ago, Countdown, Ends } from './countdown';
import { KeyLink } from './key-link';
import { StatusBadge } from './status-badge';

interface KeyRowProps {
  entry: KeyEntry;
  index: number;
  top: number;
  active: boolean;
}

export function KeyRow({ entry, index, top, active }: KeyRowProps): JSX.Element {
  const calls = entry.success_count + entry.error_count;
  const selected = useStore(selection, (names) => names.has(tableKey(entry.provider, entry.id)));
  return (
    <div
      class={`grid-row ${active ? 'active' : ''} ${selected ? 'selected' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-index={index}
      data-key={entry.id}
      tabIndex={active ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
    >
      <div class="cell cell-select" role="gridcell">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${entry.masked_key}`}
          checked={selected}
          onChange={() => toggleSelected(entry)}
        />
      </div>
      <div class="cell cell-key" role="rowheader">
        <KeyLink provider={entry.provider} id={entry.id} tabIndex={-1}>
          <code title={`Given by: ${words(entry.origin)}`}>{entry.masked_key}</code>
        </KeyLink>
        {entry.label !== null && <span class="sub">{entry.label}</span>}
        {entry.quota_group !== null && (
          <span class="sub" title={accountText(entry)}>
            {entry.quota_group}
          </span>
        )}
      </div>
      <div class="cell cell-provider" role="gridcell">
        {providerName(entry.provider)}
      </div>
      <div class="cell cell-status" role="gridcell">
        <StatusBadge status={entry.status} />
        {entry.reason !== null && (
          <span class="sub" title={entry.reason}>
            {entry.reason}
          </span>
        )}
      </div>
      <div class="cell cell-next" role="gridcell">
        <Countdown entry={entry} />
        {entry.expires_at !== null && <Ends at={entry.expires_at} />}
      </div>
      <div class="cell cell-success" role="gridcell">
        {calls === 0 ? <span class="faint">–</span> : <SuccessRate value={entry.success_rate} />}
      </div>
      <div class="cell cell-calls" role="gridcell">
        {shortNumber(calls)}
        {entry.error_count > 0 && <span class="sub">{shortNumber(entry.error_count)} failed</span>}
      </div>
      <div class="cell cell-response" role="gridcell">
        {duration(entry.response_time)}
        <span class="sub">{usedLine(entry.usage)}</span>
        <KeyBudget budgets={entry.budgets} />
      </div>
      <div class="cell cell-in_flight" role="gridcell">
        {entry.in_flight === 0 ? <span class="faint">0</span> : entry.in_flight}
      </div>
      <div class="cell cell-last_used" role="gridcell">
        <Ago at={entry.last_used_at} />
      </div>
      <KeyActions entry={entry} />
    </div>
  );
}

const SuccessRate = ({ value }: { value: number }): JSX.Element => (
  <span class={rateTone(value)}>{percent(value)}</span>
);

function KeyActions({ entry }: { entry: KeyEntry }): JSX.Element {
  const { actions } = useDashboard();
  const why = useReadOnly();
  const busy = useStore(actions.busy, (all) => all.has(tableKey(entry.provider, entry.id)));
  const disabled = entry.status === 'disabled';
  const shared = { why, busy, tabIndex: -1 };
  return (
    <div class="cell cell-actions" role="gridcell">
      <IconButton
        {...shared}
        icon="check"
        label={`Check ${entry.masked_key}`}
        onClick={() => void actions.check(entry)}
      />
      <IconButton
        {...shared}
        icon={disabled ? 'play' : 'pause'}
        label={`${disabled ? 'Enable' : 'Disable'} ${entry.masked_key}`}
        onClick={() => void actions.setEnabled(entry, disabled)}
      />
      <IconButton
        {...shared}
        icon="trash"
        kind="danger"
        label={`Delete ${entry.masked_key}`}
        onClick={() => openDialog.set({ kind: 'delete', key: entry })}
      />
    </div>
  );
}
