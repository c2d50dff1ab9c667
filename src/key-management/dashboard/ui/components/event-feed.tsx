import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { LogEvent } from '../api/types';
import { clockTime, dayTime } from '../model/format';
import { providerName } from '../model/provider-names';
import { groupEvents, type EventGroup } from '../model/group-events';
import { useStore } from '../state/store';
import { useDashboard } from './context';
import { Shape } from './icon';

/** What happened lately, newest first. The list is not announced: `Announcer` tells what matters. */
export function EventFeed(): JSX.Element {
  const { data } = useDashboard();
  const events = useStore(data.state, (state) => state.events);
  const phase = useStore(data.state, (state) => state.eventsPhase);
  const groups = useMemo(() => groupEvents(events), [events]);
  return (
    <section class="card feed" aria-labelledby="feed-title">
      <header class="section-head">
        <h2 id="feed-title">Events</h2>
        <span class="faint">newest first</span>
      </header>
      {phase === 'loading' && events.length === 0 ? (
        <div class="feed-skeleton" role="status" aria-busy="true" aria-label="Loading events">
          {[0, 1, 2, 3].map((each) => (
            <div key={each} class="skeleton skeleton-line" />
          ))}
        </div>
      ) : events.length === 0 ? (
        <p class="empty-text">Nothing happened yet. Changes of keys and what administrators do appear here.</p>
      ) : (
        <ol class="feed-list" tabIndex={0} aria-label="Events, newest first">
          {groups.map((group) => {
            // By the oldest: a line that grows stays the same line.
            const { id, at } = group.events.at(-1)!;
            return <EventLine key={`${id} ${at}`} group={group} />;
          })}
        </ol>
      )}
    </section>
  );
}

function EventLine({ group: { events, text, detail, tone } }: { group: EventGroup }): JSX.Element {
  const [newest] = events as [LogEvent, ...LogEvent[]];
  return (
    <li class="event">
      <span class={`event-shape tone-${newest.to === 'disabled' ? 'unknown' : tone}`}>
        <Shape of={newest.to ?? tone} />
      </span>
      <p class="event-text">
        <b>{text}</b>
        {events.length > 1 && <span class="event-times"> × {events.length}</span>}
        <EventKeys events={events} />
        {detail !== undefined && (
          <span class="event-detail" title={detail}>
            {detail}
          </span>
        )}
      </p>
      <time class="event-time" dateTime={newest.at} title={dayTime(newest.at)}>
        {clockTime(newest.at)}
      </time>
    </li>
  );
}

/** Keys of a line that are named; the title has more. */
const MOST_MASKS = 50;

function EventKeys({ events }: { events: readonly LogEvent[] }): JSX.Element | null {
  const masks = [...new Set(events.flatMap(({ masked_key: mask }) => mask ?? []))];
  const provider = events[0]?.provider;
  if (masks.length === 0 && provider === undefined) return null;
  return (
    <span class="event-key" title={masks.length > 1 ? masks.slice(0, MOST_MASKS).join('\n') : undefined}>
      {masks[0] !== undefined && <code>{masks[0]}</code>}
      {masks.length > 1 && <span class="faint">and {masks.length - 1} more</span>}
      {provider !== undefined && <span class="faint">{providerName(provider)}</span>}
    </span>
  );
}
