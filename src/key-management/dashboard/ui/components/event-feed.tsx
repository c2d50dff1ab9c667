import type { JSX } from 'preact';
import type { LogEvent } from '../api/types';
import { describeEvent } from '../model/describe-event';
import { clockTime, dayTime, providerName } from '../model/format';
import { useStore } from '../state/store';
import { useDashboard } from './context';
import { Shape } from './icon';

/** What happened lately, newest first. The list is not announced: `Announcer` tells what matters. */
export function EventFeed(): JSX.Element {
  const { data } = useDashboard();
  const events = useStore(data.state, (state) => state.events);
  const phase = useStore(data.state, (state) => state.eventsPhase);
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
          {events.map((event) => (
            <EventLine key={`${event.id} ${event.at}`} event={event} />
          ))}
        </ol>
      )}
    </section>
  );
}

function EventLine({ event }: { event: LogEvent }): JSX.Element {
  const { text, detail, tone } = describeEvent(event);
  return (
    <li class="event">
      <span class={`event-shape tone-${event.to === 'disabled' ? 'unknown' : tone}`}>
        <Shape of={event.to ?? tone} />
      </span>
      <p class="event-text">
        <b>{text}</b>
        <EventKey event={event} />
        {detail !== undefined && <span class="event-detail">{detail}</span>}
      </p>
      <time class="event-time" dateTime={event.at} title={dayTime(event.at)}>
        {clockTime(event.at)}
      </time>
    </li>
  );
}

const EventKey = ({ event: { masked_key: mask, provider } }: { event: LogEvent }): JSX.Element | null =>
  mask === undefined && provider === undefined ? null : (
    <span class="event-key">
      {mask !== undefined && <code>{mask}</code>}
      {provider !== undefined && <span class="faint">{providerName(provider)}</span>}
    </span>
  );
