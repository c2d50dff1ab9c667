import type { JSX } from 'preact';
import type { LogEvent } from '../api/types';
import { clockTime, counted, dayTime, momentOf } from '../model/format';
import { providerName } from '../model/provider-names';
import { isSummedUp, type EventGroup } from '../model/group-events';
import { NO_FILTER } from '../model/key-list';
import { filter } from '../state/view';
import { Shape } from './icon';
import { KeyLink } from './key-link';

/** One line of the log. @param ofKey Of a key's own log: its name need not stand in each line. */
export function EventLine({ group, ofKey = false }: { group: EventGroup; ofKey?: boolean }): JSX.Element {
  const { events, text, detail, tone } = group;
  const [newest] = events as [LogEvent, ...LogEvent[]];
  return (
    <li class="event">
      <span class={`event-shape tone-${newest.to === 'disabled' ? 'unknown' : tone}`}>
        <Shape of={newest.to ?? tone} />
      </span>
      <p class="event-text">
        <b>{text}</b>
        {events.length > 1 && !isSummedUp(group) && <span class="event-times"> × {events.length}</span>}
        {!ofKey && <EventKeys group={group} />}
        {detail !== undefined && (
          <span class="event-detail" title={detail}>
            {detail}
          </span>
        )}
      </p>
      <time class="event-time" dateTime={newest.at} title={dayTime(newest.at)}>
        {ofKey ? momentOf(newest.at, Date.now()) : clockTime(newest.at)}
      </time>
    </li>
  );
}

/** Keys of a line that are named; the title has more. */
const MOST_MASKS = 50;

function EventKeys({ group: { events, keys } }: { group: EventGroup }): JSX.Element | null {
  const newest = events[0]!;
  const { provider, key_id: id, masked_key: mask, to } = newest;
  if (mask === undefined && id === undefined && provider === undefined) return null;
  const masks = [...new Set(events.flatMap((event) => event.masked_key ?? []))];
  return (
    <span class="event-key" title={masks.length > 1 ? masks.slice(0, MOST_MASKS).join('\n') : undefined}>
      {provider !== undefined && id !== undefined && (
        <KeyLink provider={provider} id={id}>
          <code>{mask ?? id}</code>
        </KeyLink>
      )}
      {keys > 1 && <span class="faint">and {keys - 1} more</span>}
      {keys > 1 && provider !== undefined && to !== undefined && (
        <button
          type="button"
          class="link-button"
          onClick={() => {
            filter.set({ ...NO_FILTER, provider, status: to });
            document.getElementById('keys')?.scrollIntoView({ block: 'start' });
          }}
        >
          Show<span class="hidden"> the {counted(keys, 'key')} in the table</span>
        </button>
      )}
      {provider !== undefined && <span class="faint">{providerName(provider)}</span>}
    </span>
  );
}
