import { changedQuery, type QueryChanges } from '../model/query';
import { Store } from './store';

/** How a choice is written into the page's address, and read from there. */
export interface AddressCodec<T> {
  /** By name of a query parameter: its text, or undefined where it is absent. Whatever stands there, the answer is a valid choice. */
  readonly read: (parameter: (name: string) => string | undefined) => T;
  /** Undefined for what is not to stand in the address, as the usual choice. */
  readonly write: (value: T) => QueryChanges;
}

const parameter = (name: string): string | undefined => new URLSearchParams(location.search).get(name) ?? undefined;

/**
 * A choice that stands in the page's address, so that a link shows the same and a reload changes nothing.
 * @param entry `replace` changes the address in place; `push` makes an entry that the browser's Back leaves again, for what is opened.
 */
export function addressStore<T>({ read, write }: AddressCodec<T>, entry: 'replace' | 'push' = 'replace'): Store<T> {
  const store = new Store(read(parameter));
  store.subscribe(() => {
    const query = changedQuery(location.search, write(store.value));
    // Also after Back and Forward, when the address is right already.
    if (query === changedQuery(location.search, {})) return;
    const url = location.pathname + query + location.hash;
    if (entry === 'push') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
  });
  addEventListener('popstate', () => store.set(read(parameter)));
  return store;
}
