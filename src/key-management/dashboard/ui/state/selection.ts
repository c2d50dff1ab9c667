import type { KeyEntry } from '../api/types';
import { tableKey } from './key-table';
import { Store } from './store';

/** The keys that are chosen for an act on many, by their names in the table. What is gone meanwhile is left out when it is acted on. */
export const selection = new Store<ReadonlySet<string>>(new Set());

const nameOf = ({ provider, id }: KeyEntry): string => tableKey(provider, id);

export function toggleSelected(key: KeyEntry): void {
  const names = new Set(selection.value);
  if (!names.delete(nameOf(key))) names.add(nameOf(key));
  selection.set(names);
}

export function selectAll(keys: readonly KeyEntry[], chosen: boolean): void {
  const names = new Set(selection.value);
  for (const key of keys) {
    if (chosen) names.add(nameOf(key));
    else names.delete(nameOf(key));
  }
  selection.set(names);
}

export const clearSelection = (): void => selection.set(new Set());
