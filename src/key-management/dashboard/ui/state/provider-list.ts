import type { Figures, ProviderFigures } from '../api/types';
import { troubledKeys } from '../model/key-groups';
import { countStandings, noStandings, type Standings } from '../model/status';
import { troubleFirst, troubleOf, type Trouble } from '../model/trouble';
import type { Data } from './data';

export interface ProviderEntry {
  readonly provider: string;
  readonly figures: ProviderFigures;
  readonly counts: Standings;
  readonly trouble: Trouble | undefined;
}

export interface ProviderList {
  /** Trouble first. */
  readonly providers: readonly ProviderEntry[];
  /** Of all keys. */
  readonly counts: Standings;
}

interface Made {
  readonly figures: Figures | undefined;
  readonly version: number;
  readonly list: ProviderList;
}

const latest = new WeakMap<Data, Made>();

/** The providers as they are known. Several parts of the page ask, and thousands of keys are looked at only when something changed. */
export function providerList(data: Data): ProviderList {
  const { figures, keysVersion: version } = data.state.value;
  const made = latest.get(data);
  if (made && made.figures === figures && made.version === version) return made.list;
  const { all, byProvider } = countStandings(data.keys.values());
  const groups = troubledKeys(data.keys.values());
  const providers = Object.entries(figures?.providers ?? {}).map(([provider, each]): ProviderEntry => {
    const trouble = troubleOf(each, groups.get(provider) ?? []);
    return { provider, figures: each, counts: byProvider.get(provider) ?? noStandings(), trouble };
  });
  const list = { providers: troubleFirst(providers), counts: all };
  latest.set(data, { figures, version, list });
  return list;
}
