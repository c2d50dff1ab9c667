import type { KeyEntry, KeyStatus } from '../api/types';
import { words } from './format';
import { sameWords } from './vendor-words';

/** Keys of one provider that are in the same trouble for the same reason. */
export interface KeyGroup {
  readonly status: KeyStatus;
  /** The vendor's words, without what differs from key to key; empty where it said nothing. */
  readonly reason: string;
  /** Of keys that cool down for one model or endpoint only. */
  readonly place: string | undefined;
  keys: number;
}

/** For each provider, its keys that are in trouble; the largest group first. A key may cool down for several models. */
export function troubledKeys(keys: Iterable<KeyEntry>): Map<string, KeyGroup[]> {
  const providers = new Map<string, Map<string, KeyGroup>>();
  const same = new Map<string, string>();
  const wordsOf = (reason: string | null): string => {
    if (reason === null) return '';
    let found = same.get(reason);
    if (found === undefined) same.set(reason, (found = sameWords(reason)));
    return found;
  };
  const count = (provider: string, status: KeyStatus, reason: string, place?: string): void => {
    let groups = providers.get(provider);
    if (!groups) providers.set(provider, (groups = new Map<string, KeyGroup>()));
    const name = `${status}\n${reason}\n${place ?? ''}`;
    const group = groups.get(name);
    if (group) group.keys += 1;
    else groups.set(name, { status, reason, place, keys: 1 });
  };
  for (const { provider, status, reason, cooldowns } of keys) {
    if (status !== 'healthy') count(provider, status, wordsOf(reason));
    else
      for (const { model, endpoint, outcome } of cooldowns)
        count(provider, 'cooling_down', words(outcome), model ?? endpoint);
  }
  return new Map(
    Array.from(providers, ([provider, groups]) => [provider, [...groups.values()].sort((a, b) => b.keys - a.keys)]),
  );
}
