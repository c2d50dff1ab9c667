import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { KeyEntry } from '../api/types';
import { momentOf, span, words } from '../model/format';
import { stateHistory, type StatePeriod } from '../model/state-history';
import { useNow } from '../state/clock';
import type { KeyViewing } from '../state/key-viewing';
import { useStore } from '../state/store';
import { StatusBadge } from './status-badge';

/** Periods that are listed; the events below have the others. */
const MOST_PERIODS = 12;

/** For which models and endpoints the key cools down, and what its states were. */
export function KeyViewHistory({ entry, viewing }: { entry: KeyEntry; viewing: KeyViewing }): JSX.Element {
  const events = useStore(viewing.state, (state) => state.events);
  const { status, reason } = entry;
  const periods = useMemo(() => stateHistory(events, { status, reason }), [events, status, reason]);
  return (
    <>
      {entry.cooldowns.length > 0 && <Cooldowns entry={entry} />}
      <section aria-labelledby="key-history">
        <h3 id="key-history">States</h3>
        <ol class="key-history">
          {periods.slice(0, MOST_PERIODS).map((period, at) => (
            <Period key={`${at} ${period.status}`} period={period} />
          ))}
        </ol>
      </section>
    </>
  );
}

function Cooldowns({ entry: { cooldowns } }: { entry: KeyEntry }): JSX.Element {
  const now = useNow();
  return (
    <section aria-labelledby="key-cooldowns">
      <h3 id="key-cooldowns">Cools down for</h3>
      <ul class="key-list">
        {cooldowns.map(({ model, endpoint, until, outcome }) => (
          <li key={`${model ?? ''} ${endpoint ?? ''}`}>
            <b>{[model, endpoint].filter(Boolean).join(' at ') || 'a part'}</b>
            <span class="faint">{words(outcome)}</span>
            <time dateTime={until}>
              {Date.parse(until) > now ? `${span(Date.parse(until) - now)}, until ${momentOf(until, now)}` : 'due'}
            </time>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Period({ period: { status, from, to, reason } }: { period: StatePeriod }): JSX.Element {
  const now = useNow();
  return (
    <li>
      <StatusBadge status={status} />
      <span class="faint">
        {from !== undefined && <>since {momentOf(from, now)}</>}
        {to !== undefined && (
          <>
            {from === undefined ? 'until' : ' until'} {momentOf(to, now)}
          </>
        )}
        {from !== undefined && <> ({span((to ?? now) - from)})</>}
        {from === undefined && to === undefined && 'now'}
      </span>
      {reason !== undefined && <span class="sub key-period-reason">{reason}</span>}
    </li>
  );
}
