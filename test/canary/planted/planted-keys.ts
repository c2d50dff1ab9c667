import { fakeKey } from '../../simulator';

const named = new Map<string, string>();

/** The key that is leaked on a channel: always the same, and of no other. */
export function plantedKey(channel: string, place = ''): string {
  const name = `planted ${channel} ${place}`;
  const key = named.get(name) ?? fakeKey(name, 1);
  named.set(name, key);
  return key;
}
