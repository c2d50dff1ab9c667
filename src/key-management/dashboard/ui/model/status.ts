import type { KeyEntry, KeyStatus, ProviderFigures, ProviderState } from '../api/types';

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
  /** Of the healthy ones, those that rest for some model. */
  partly: number;
  resting: number;
  removed: number;
  unknown: number;
}

export const noStandings = (): Standings => ({ total: 0, healthy: 0, partly: 0, resting: 0, removed: 0, unknown: 0 });

/** Of all keys, and by provider. */
export function countStandings(keys: Iterable<KeyEntry>): { all: Standings; byProvider: Map<string, Standings> } {
  const all = noStandings();
  const byProvider = new Map<string, Standings>();
  for (const { provider, status, rests } of keys) {
    let counts = byProvider.get(provider);
    if (!counts) byProvider.set(provider, (counts = noStandings()));
    const standing = standingOf(status);
    for (const each of [all, counts]) {
      each.total += 1;
      each[standing] += 1;
      if (standing === 'healthy' && rests.length > 0) each.partly += 1;
    }
  }
  return { all, byProvider };
}

interface StateWords {
  readonly word: string;
  readonly tone: Standing;
  /** Trouble stands first. */
  readonly rank: number;
}

const STATES: Readonly<Record<ProviderState, StateWords>> = {
  no_usable_key: { word: 'No usable key', tone: 'removed', rank: 0 },
  failing: { word: 'Failing', tone: 'removed', rank: 1 },
  degraded: { word: 'Degraded', tone: 'resting', rank: 2 },
  paused: { word: 'Paused', tone: 'unknown', rank: 3 },
  serving: { word: 'Serving', tone: 'healthy', rank: 4 },
  idle: { word: 'Idle', tone: 'unknown', rank: 5 },
};

export const stateWords = (state: ProviderState): StateWords => STATES[state];

/** It is called and serves nobody, or hardly anybody. */
export const isInTrouble = ({ state, called }: Pick<ProviderFigures, 'state' | 'called'>): boolean =>
  called && (state === 'failing' || state === 'no_usable_key');

/** Trouble first; otherwise as the server has them. */
export const byState = <T extends Pick<ProviderFigures, 'state'>>(providers: readonly [string, T][]): [string, T][] =>
  [...providers].sort(([, a], [, b]) => STATES[a.state].rank - STATES[b.state].rank);

/** Colour of a rate, where it is worth a colour. */
export const rateTone = (percent: number): string =>
  percent < 80 ? 'tone-removed' : percent < 95 ? 'tone-resting' : '';

/** What happens next to a key, and when: the end of its rest, or its next check. */
export function nextOf(key: KeyEntry): { what: 'rests' | 're-check'; at: number } | undefined {
  if (key.rests_until !== null) return { what: 'rests', at: Date.parse(key.rests_until) };
  if (key.recheck_at !== null) return { what: 're-check', at: Date.parse(key.recheck_at) };
  return undefined;
}
