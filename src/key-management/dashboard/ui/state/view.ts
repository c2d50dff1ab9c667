import type { BulkAction } from '../model/bulk';
import { feedKindNamed, WHOLE_FEED, type FeedFilter } from '../model/feed-filter';
import { NO_FILTER, type KeyFilter, type KeyGrouping, type Sorting } from '../model/key-list';
import { filterFrom, filterQuery, groupingFrom } from '../model/key-query';
import type { KeyEntry, WindowName } from '../api/types';
import { USUAL_WINDOW, windowNamed } from '../model/window';
import { addressStore } from './address';
import { leaveKey } from './opened-key';
import { clearSelection } from './selection';
import { Store } from './store';

export type OpenDialog =
  | { kind: 'add'; provider?: string }
  | { kind: 'configuration' }
  | { kind: 'delete'; key: KeyEntry }
  | { kind: 'bulk'; action: BulkAction; keys: readonly KeyEntry[] }
  | { kind: 'pause' | 'resume'; provider: string }
  | undefined;

/** What the person at the page has chosen to see. */
export const filter = addressStore<KeyFilter>({ read: filterFrom, write: filterQuery });
export const grouping = addressStore<KeyGrouping>({
  read: groupingFrom,
  write: (chosen) => ({ group: chosen === 'none' ? undefined : chosen }),
});
export const feedFilter = addressStore<FeedFilter>({
  read: (parameter) => ({
    kind: feedKindNamed(parameter('events')),
    provider: parameter('events_of') ?? WHOLE_FEED.provider,
  }),
  write: ({ kind, provider }) => ({
    events: kind === WHOLE_FEED.kind ? undefined : kind,
    events_of: provider === WHOLE_FEED.provider ? undefined : provider,
  }),
});
/** Which failed calls are shown; undefined: all. */
export const failedFilter = addressStore<{ provider: string | undefined; outcome: string | undefined }>({
  read: (parameter) => ({ provider: parameter('failed_of'), outcome: parameter('failed_by') }),
  write: ({ provider, outcome }) => ({ failed_of: provider, failed_by: outcome }),
});
export const sorting = new Store<Sorting>({ field: 'status', descending: true });
/** The time that all figures are of. */
export const chosenWindow = addressStore<WindowName>({
  read: (parameter) => windowNamed(parameter('window')),
  write: (name) => ({ window: name === USUAL_WINDOW ? undefined : name }),
});
export const openDialog = new Store<OpenDialog>(undefined);

export function resetView(): void {
  filter.set(NO_FILTER);
  feedFilter.set(WHOLE_FEED);
  failedFilter.set({ provider: undefined, outcome: undefined });
  openDialog.set(undefined);
  clearSelection();
  leaveKey();
}
