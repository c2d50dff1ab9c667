import type { LogEvent } from '../api/types';

export const FEED_KINDS = {
  all: 'All events',
  keys: 'Keys',
  providers: 'Providers',
  admin: 'Administrators',
} as const;
export type FeedKind = keyof typeof FEED_KINDS;

/** Which events the feed shows. */
export interface FeedFilter {
  kind: FeedKind;
  /** `all`, or its name. */
  provider: string;
}

export const WHOLE_FEED: FeedFilter = { kind: 'all', provider: 'all' };

/** The kind of that name; all where there is none. */
export const feedKindNamed = (name: string | undefined): FeedKind =>
  (Object.keys(FEED_KINDS) as FeedKind[]).find((each) => each === name) ?? 'all';

/** What an administrator did is told as an act, and of many keys also as what became of them. */
function kindOf({ type }: LogEvent): Exclude<FeedKind, 'all'> {
  if (type === 'admin_action' || type === 'keys_changed') return 'admin';
  const isOfKey = type.startsWith('key_') || type.startsWith('status_') || type.includes('cool');
  return isOfKey || type === 'runs_out' ? 'keys' : 'providers';
}

export const filterEvents = (events: readonly LogEvent[], { kind, provider }: FeedFilter): LogEvent[] =>
  events.filter(
    (event) => (kind === 'all' || kindOf(event) === kind) && (provider === 'all' || event.provider === provider),
  );
