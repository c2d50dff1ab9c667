import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { KeyDetails, KeyEntry } from '../api/types';
import { groupEvents } from '../model/group-events';
import { partsOfName } from '../model/key-query';
import { closeKey, openedKey } from '../state/opened-key';
import { KeyViewing } from '../state/key-viewing';
import { useStore } from '../state/store';
import { useDashboard } from './context';
import { Dialog } from './dialog';
import { BudgetBars } from './budget-bars';
import { EventLine } from './event-line';
import { KeyViewAccount } from './key-view-account';
import { KeyViewForm } from './key-view-form';
import { KeyViewHead } from './key-view-head';
import { KeyViewHistory } from './key-view-history';
import { KeyViewTimeline } from './key-view-timeline';
import { KeyViewUsage } from './key-view-usage';
import { Toasts } from './toasts';

/** The view of the key that the address names; nothing where it names none. */
export function KeyView(): JSX.Element | null {
  const name = useStore(openedKey);
  return name === undefined ? null : <OpenKey key={name} {...partsOfName(name)} />;
}

function OpenKey({ provider, id }: { provider: string; id: string }): JSX.Element {
  const { client, data } = useDashboard();
  const viewing = useMemo(() => new KeyViewing(client, data, provider, id), [client, data]);
  const { phase, details, problem } = useStore(viewing.state);
  // The table changes in place.
  useStore(data.state, ({ keysVersion }) => keysVersion);
  const entry = phase === 'gone' ? undefined : (data.keys.get(provider, id) ?? details);

  useEffect(() => {
    viewing.start();
    return () => viewing.stop();
  }, [viewing]);

  return (
    <Dialog title={entry?.masked_key ?? details?.masked_key ?? 'Key'} sheet onClose={closeKey}>
      <div class="key-view">
        {problem !== undefined && phase !== 'gone' && (
          <p class="problem" role="alert">
            {problem} {details !== undefined && 'What you see may be out of date.'}
          </p>
        )}
        {phase === 'gone' ? (
          <p class="note">{problem} It may have been deleted; its events below tell as much as the log still has.</p>
        ) : entry === undefined ? (
          <div role="status" aria-busy="true" aria-label="Loading the key">
            <div class="skeleton skeleton-line" />
          </div>
        ) : (
          <Sections entry={entry} details={details} viewing={viewing} />
        )}
        <KeyEvents viewing={viewing} />
      </div>
      <Toasts />
    </Dialog>
  );
}

interface SectionsProps {
  entry: KeyEntry;
  details: KeyDetails | undefined;
  viewing: KeyViewing;
}

/** From what is asked first to what is asked last. */
const Sections = ({ entry, details, viewing }: SectionsProps): JSX.Element => (
  <>
    <KeyViewHead entry={entry} />
    <KeyViewTimeline viewing={viewing} />
    <KeyViewHistory entry={entry} viewing={viewing} />
    <KeyViewAccount entry={entry} details={details} />
    <KeyViewUsage entry={entry} details={details} />
    {entry.budgets.length > 0 && (
      <section aria-labelledby="key-budgets">
        <h3 id="key-budgets">Budgets</h3>
        <BudgetBars budgets={entry.budgets} />
      </section>
    )}
    <KeyViewForm entry={entry} details={details} onSaved={() => viewing.load()} />
  </>
);

function KeyEvents({ viewing }: { viewing: KeyViewing }): JSX.Element {
  const events = useStore(viewing.state, (state) => state.events);
  const groups = useMemo(() => groupEvents(events), [events]);
  return (
    <section aria-labelledby="key-events">
      <h3 id="key-events">Events</h3>
      {groups.length === 0 ? (
        <p class="faint">The log has none of this key.</p>
      ) : (
        <ol class="key-events">
          {groups.map((group) => {
            const { id, at } = group.events.at(-1)!;
            return <EventLine key={`${id} ${at}`} group={group} ofKey />;
          })}
        </ol>
      )}
    </section>
  );
}
