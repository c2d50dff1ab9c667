import type { JSX } from 'preact';
import type { KeyEntry } from '../api/types';
import { duration, percent, shortNumber, words } from '../model/format';
import { providerName } from '../model/provider-names';
import { rateTone, STATUSES } from '../model/status';
import { tableKey } from '../state/key-table';
import { useStore } from '../state/store';
import { openDialog } from '../state/view';
import { Button } from './button';
import { useDashboard, useReadOnly } from './context';
import { Ago, Countdown, Ends } from './countdown';
import { StatusBadge } from './status-badge';

/** Which key it is, how it stands and why, and what can be done. */
export function KeyViewHead({ entry }: { entry: KeyEntry }): JSX.Element {
  const calls = entry.success_count + entry.error_count;
  const next = entry.cooldown_until ?? entry.recheck_at;
  return (
    <section aria-label="State" class="key-state">
      <p class="key-name">
        {providerName(entry.provider)} <code>{entry.id}</code>
        {entry.label !== null && <span class="chip">{entry.label}</span>}
        <span class="faint">given by: {words(entry.origin)}</span>
      </p>
      <div class={`key-why standing-${STATUSES[entry.status].standing}`}>
        <p>
          <StatusBadge status={entry.status} /> <span class="faint">{STATUSES[entry.status].meaning}.</span>
        </p>
        {entry.reason !== null && <p class="key-reason">“{entry.reason}”</p>}
        {next !== null && (
          <p>
            <Countdown entry={entry} />
          </p>
        )}
        {entry.expires_at !== null && <Ends at={entry.expires_at} />}
      </div>
      <dl class="figures key-figures">
        <Figure name="Success" tone={calls === 0 ? '' : rateTone(entry.success_rate)}>
          {calls === 0 ? '–' : percent(entry.success_rate)}
        </Figure>
        <Figure name="Calls">{shortNumber(calls)}</Figure>
        <Figure name="Failed">{shortNumber(entry.error_count)}</Figure>
        <Figure name="Response">{duration(entry.response_time)}</Figure>
        <Figure name="In flight">{entry.in_flight}</Figure>
        <Figure name="Last used">
          <Ago at={entry.last_used_at} />
        </Figure>
        <Figure name="Last checked">
          <Ago at={entry.last_checked_at} />
        </Figure>
      </dl>
      <Actions entry={entry} />
    </section>
  );
}

function Actions({ entry }: { entry: KeyEntry }): JSX.Element {
  const { actions } = useDashboard();
  const why = useReadOnly();
  const busy = useStore(actions.busy, (all) => all.has(tableKey(entry.provider, entry.id)));
  const isOff = entry.status === 'disabled';
  return (
    <div class="key-actions">
      <Button icon="check" why={why} busy={busy} onClick={() => void actions.check(entry)}>
        Check now
      </Button>
      <Button
        icon={isOff ? 'play' : 'pause'}
        why={why}
        busy={busy}
        onClick={() => void actions.setEnabled(entry, isOff)}
      >
        {isOff ? 'Enable' : 'Disable'}
      </Button>
      <Button
        kind="danger"
        icon="trash"
        why={why}
        busy={busy}
        onClick={() => openDialog.set({ kind: 'delete', key: entry })}
      >
        Delete
      </Button>
    </div>
  );
}

const Figure = ({
  name,
  tone = '',
  children,
}: {
  name: string;
  tone?: string;
  children: JSX.Element | string | number;
}): JSX.Element => (
  <div class="figure">
    <dt>{name}</dt>
    <dd class={tone}>{children}</dd>
  </div>
);
