import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { FEED_KINDS, filterEvents, WHOLE_FEED, type FeedKind } from '../model/feed-filter';
import { providerName } from '../model/provider-names';
import { groupEvents } from '../model/group-events';
import { useStore } from '../state/store';
import { feedFilter } from '../state/view';
import { useDashboard } from './context';
import { EventLine } from './event-line';

/** Lines in the page. */
const MOST_LINES = 200;

/** What happened lately, newest first. The list is not announced: `Announcer` tells what matters. */
export function EventFeed(): JSX.Element {
  const { data } = useDashboard();
  const events = useStore(data.state, (state) => state.events);
  const phase = useStore(data.state, (state) => state.eventsPhase);
  const chosen = useStore(feedFilter);
  const knownSince = useStore(data.state, (state) => (state.hasOlderEvents ? state.events.at(-1)?.at : undefined));
  const groups = useMemo(
    () => groupEvents(filterEvents(events, chosen), knownSince).slice(0, MOST_LINES),
    [events, chosen, knownSince],
  );
  return (
    <section class="card feed" aria-labelledby="feed-title">
      <header class="section-head">
        <h2 id="feed-title">Events</h2>
        <span class="faint">newest first</span>
      </header>
      <FeedChoice />
      {phase === 'loading' && events.length === 0 ? (
        <div class="feed-skeleton" role="status" aria-busy="true" aria-label="Loading events">
          {[0, 1, 2, 3].map((each) => (
            <div key={each} class="skeleton skeleton-line" />
          ))}
        </div>
      ) : events.length === 0 ? (
        <p class="empty-text">Nothing happened yet. Changes of keys and what administrators do appear here.</p>
      ) : groups.length === 0 ? (
        <div class="empty-text">
          <p>None of the latest events is of this kind.</p>
          <button type="button" class="link-button" onClick={() => feedFilter.set(WHOLE_FEED)}>
            Show all events
          </button>
        </div>
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

function FeedChoice(): JSX.Element {
  const { data } = useDashboard();
  const providers = useStore(data.state, (state) => state.figures?.providers);
  const { kind, provider } = useStore(feedFilter);
  return (
    <div class="feed-choice">
      <select
        aria-label="Events of"
        value={kind}
        onChange={({ currentTarget }) => feedFilter.patch({ kind: currentTarget.value as FeedKind })}
      >
        {Object.entries(FEED_KINDS).map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Events of provider"
        value={provider}
        onChange={({ currentTarget }) => feedFilter.patch({ provider: currentTarget.value })}
      >
        <option value="all">Any provider</option>
        {Object.keys(providers ?? {}).map((each) => (
          <option key={each} value={each}>
            {providerName(each)}
          </option>
        ))}
      </select>
    </div>
  );
}
