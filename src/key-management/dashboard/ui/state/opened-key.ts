import { keyNamed } from '../model/key-query';
import { changedQuery } from '../model/query';
import { addressStore } from './address';
import { tableKey } from './key-table';

interface KeyPlace {
  provider: string;
  id: string;
}

/** `provider/id` of the key whose own view is open. It stands in the address, so that a link opens it. */
export const openedKey = addressStore<string | undefined>(
  { read: (parameter) => keyNamed(parameter('key')), write: (name) => ({ key: name }) },
  'push',
);

/** Whether the entry before the present one of the browser's history is this page without the key. */
let isEntered = false;
addEventListener('popstate', () => (isEntered = false));

export function openKey({ provider, id }: KeyPlace): void {
  isEntered = openedKey.value === undefined;
  openedKey.set(tableKey(provider, id));
}

/** As the browser's Back does, where that leads to the page without the key. */
export function closeKey(): void {
  if (isEntered) history.back();
  else openedKey.set(undefined);
}

/** Leaves the key for something else that the page shows. */
export function leaveKey(): void {
  isEntered = false;
  openedKey.set(undefined);
}

/** The address of the key's own view, for a link. */
export const keyAddress = ({ provider, id }: KeyPlace): string =>
  changedQuery(location.search, { key: tableKey(provider, id) });
