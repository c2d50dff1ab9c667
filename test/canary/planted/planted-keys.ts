import { fakeKey } from '../../simulator';

const named = new Map<string, string>();

/** The key that is leaked on a channel: the same in every run, and different for each channel and place. */
export function plantedKey(channel: string, place = ''): string {
  const name = `planted ${channel} ${place}`;
  const key = named.get(name) ?? fakeKey(name, 1);
  named.set(name, key);
  return key;
}
