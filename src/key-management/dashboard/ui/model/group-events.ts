import type { LogEvent } from '../api/types';
import { describeEvent, type EventText } from './describe-event';

/** One line of the feed: what happened once, or to many keys one after the other. */
export interface EventGroup extends EventText {
  /** Newest first; never empty. */
  readonly events: readonly LogEvent[];
}

/** Consecutive events that read the same, of one provider, are one line: a hundred keys that cool down for one model are no wall. */
export function groupEvents(events: readonly LogEvent[]): EventGroup[] {
  const groups: { text: EventText; events: LogEvent[] }[] = [];
  for (const event of events) {
    const text = describeEvent(event);
    const last = groups.at(-1);
    if (last && isSame(last.text, text) && last.events[0]!.provider === event.provider) last.events.push(event);
    else groups.push({ text, events: [event] });
  }
  return groups.map(({ text, events: each }) => ({ ...text, events: each }));
}

const isSame = (a: EventText, b: EventText): boolean => a.text === b.text && a.detail === b.detail && a.tone === b.tone;
