import type { KeyEntry, KeyStatus } from '../api/types';

/** Where a status stands: chosen for calls, in the pool but waiting, out of the pool, or not known yet. */
export type Standing = 'healthy' | 'resting' | 'removed' | 'unknown';

interface StatusWords {
  readonly label: string;
  readonly standing: Standing;
  /** What it means to the operator. */
  readonly meaning: string;
}

export const STATUSES: Readonly<Record<KeyStatus, StatusWords>> = {
  healthy: { label: 'Healthy', standing: 'healthy', meaning: 'In the pool, chosen for calls' },
  rate_limited: { label: 'Rate limited', standing: 'resting', meaning: 'In the pool, rests until the limit is over' },
  resting: { label: 'Resting', standing: 'resting', meaning: 'In the pool, rests for a while' },
  invalid_key: { label: 'Invalid', standing: 'removed', meaning: 'Out of the pool: the vendor refuses the key' },
  quota_exceeded: { label: 'No quota', standing: 'removed', meaning: 'Out of the pool: nothing is left to spend' },
  disabled: { label: 'Disabled', standing: 'removed', meaning: 'Out of the pool until an administrator enables it' },
  unchecked: { label: 'Unchecked', standing: 'unknown', meaning: 'Not in the pool yet: waits for its first check' },
};

export const STATUS_NAMES = Object.keys(STATUSES) as KeyStatus[];

export const standingOf = (status: KeyStatus): Standing => STATUSES[status].standing;

export interface Standings {
  total: number;
  healthy: number;
  resting: number;
  removed: number;
  unknown: number;
}

export const noStandings = (): Standings => ({ total: 0, healthy: 0, resting: 0, removed: 0, unknown: 0 });

/** Of all keys, and by provider. */
export function countStandings(keys: Iterable<KeyEntry>): { all: Standings; byProvider: Map<string, Standings> } {
  const all = noStandings();
  const byProvider = new Map<string, Standings>();
  for (const { provider, status } of keys) {
    let counts = byProvider.get(provider);
    if (!counts) byProvider.set(provider, (counts = noStandings()));
    const standing = standingOf(status);
    for (const each of [all, counts]) {
      each.total += 1;
      each[standing] += 1;
    }
  }
  return { all, byProvider };
}

/** One word for a provider's card. */
export function verdictOf(counts: Standings): { word: string; standing: Standing } {
  if (counts.total === 0) return { word: 'No keys', standing: 'unknown' };
  if (counts.healthy === counts.total) return { word: 'All healthy', standing: 'healthy' };
  if (counts.healthy > 0) {
    return counts.healthy * 2 >= counts.total
      ? { word: 'Serving', standing: 'healthy' }
      : { word: 'Strained', standing: 'resting' };
  }
  if (counts.resting > 0) return { word: 'All resting', standing: 'resting' };
  return counts.removed === counts.total
    ? { word: 'No usable key', standing: 'removed' }
    : { word: 'Being checked', standing: 'unknown' };
}

/** Colour of a rate, where it is worth a colour. */
export const rateTone = (percent: number): string =>
  percent < 80 ? 'tone-removed' : percent < 95 ? 'tone-resting' : '';

/** What happens next to a key, and when: the end of its rest, or its next check. */
export function nextOf(key: KeyEntry): { what: 'rests' | 're-check'; at: number } | undefined {
  if (key.rests_until !== null) return { what: 'rests', at: Date.parse(key.rests_until) };
  if (key.recheck_at !== null) return { what: 're-check', at: Date.parse(key.recheck_at) };
  return undefined;
}
