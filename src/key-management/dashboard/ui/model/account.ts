import type { KeyEntry } from '../api/types';

/** What the key's account is, and how it is known, for people; empty where the key shares with none. The search finds the keys that share it. */
export function accountText({
  quota_group: name,
  quota_group_from: from,
}: Pick<KeyEntry, 'quota_group' | 'quota_group_from'>): string {
  if (name === null) return '';
  const known = from === 'discovered' ? "found in the vendor's answers" : 'as the settings say';
  return `Account ${name}, ${known}. Its keys share their limits.`;
}
