import type { KeyEntry, KeyStatus, ProviderState } from '../api/types';

/** Where a status stands: chosen for calls, in the pool but waiting, out of the pool, or not known yet. */
export type Standing = 'healthy' | 'cooling_down' | 'removed' | 'unknown';

interface StatusWords {
  readonly label: string;
  readonly standing: Standing;
  /** What it means to the operator. */
  readonly meaning: string;
}

export const STATUSES: Readonly<Record<KeyStatus, StatusWords>> = {
  healthy: { label: 'Healthy', standing: 'healthy', meaning: 'In the pool, chosen for calls' },
  rate_limited: {
    label: 'Rate limited',
    standing: 'cooling_down',
    meaning: 'In the pool, cools down until the limit is over',
  },
  cooling_down: { label: 'Cooling down', standing: 'cooling_down', meaning: 'In the pool, cools down for a while' },
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
  /** Of the healthy ones, those that cool down for some model. */
  partly: number;
  cooling_down: number;
  removed: number;
  unknown: number;
}

export const noStandings = (): Standings => ({
  total: 0,
  healthy: 0,
  partly: 0,
  cooling_down: 0,
  removed: 0,
  unknown: 0,
});

/** Of all keys, and by provider. */
export function countStandings(keys: Iterable<KeyEntry>): { all: Standings; byProvider: Map<string, Standings> } {
  const all = noStandings();
  const byProvider = new Map<string, Standings>();
  for (const { provider, status, cooldowns } of keys) {
    let counts = byProvider.get(provider);
    if (!counts) byProvider.set(provider, (counts = noStandings()));
    const standing = standingOf(status);
    for (const each of [all, counts]) {
      each.total += 1;
      each[standing] += 1;
      if (standing === 'healthy' && cooldowns.length > 0) each.partly += 1;
    }
  }
  return { all, byProvider };
}

interface StateWords {
  readonly word: string;
  readonly tone: Standing;
}

const STATES: Readonly<Record<ProviderState, StateWords>> = {
  no_usable_key: { word: 'No usable key', tone: 'removed' },
  failing: { word: 'Failing', tone: 'removed' },
  degraded: { word: 'Degraded', tone: 'cooling_down' },
  paused: { word: 'Paused', tone: 'unknown' },
  serving: { word: 'Serving', tone: 'healthy' },
  idle: { word: 'Idle', tone: 'unknown' },
};

export const stateWords = (state: ProviderState): StateWords => STATES[state];

/** Colour of a rate, where it is worth a colour. */
export const rateTone = (percent: number): string =>
  percent < 80 ? 'tone-removed' : percent < 95 ? 'tone-cooling_down' : '';

/** What happens next to a key, and when: the end of its cooldown, or its next check. */
export function nextOf(key: KeyEntry): { what: 'cools down' | 're-check'; at: number } | undefined {
  if (key.cooldown_until !== null) return { what: 'cools down', at: Date.parse(key.cooldown_until) };
  if (key.recheck_at !== null) return { what: 're-check', at: Date.parse(key.recheck_at) };
  return undefined;
}
