import { NO_FILTER, type KeyFilter, type Sorting } from '../model/key-list';
import type { KeyEntry, WindowName } from '../api/types';
import { USUAL_WINDOW, windowNamed } from '../model/window';
import { addressStore } from './address';
import { Store } from './store';

export type OpenDialog =
  | { kind: 'add'; provider?: string }
  | { kind: 'configuration' }
  | { kind: 'delete'; key: KeyEntry }
  | { kind: 'pause' | 'resume'; provider: string }
  | undefined;

/** What the person at the page has chosen to see. */
export const filter = new Store<KeyFilter>(NO_FILTER);
export const sorting = new Store<Sorting>({ field: 'status', descending: true });
/** The time that all figures are of. */
export const chosenWindow = addressStore<WindowName>({
  read: (parameter) => windowNamed(parameter('window')),
  write: (name) => ({ window: name === USUAL_WINDOW ? undefined : name }),
});
export const openDialog = new Store<OpenDialog>(undefined);

export function resetView(): void {
  filter.set(NO_FILTER);
  openDialog.set(undefined);
}
