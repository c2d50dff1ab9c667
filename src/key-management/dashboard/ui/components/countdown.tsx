import type { JSX } from 'preact';
import { ago, dayTime, span } from '../model/format';
import { nextOf } from '../model/status';
import type { KeyEntry } from '../api/types';
import { useNow } from '../state/clock';

/** `cools down 0:42`, `re-check 3 h 20 min`. Not announced: it changes every second. */
export function Countdown({ entry }: { entry: KeyEntry }): JSX.Element {
  const now = useNow();
  const next = nextOf(entry);
  if (!next) return entry.cooldowns.length > 0 ? <ModelCooldowns entry={entry} /> : <span class="faint">–</span>;
  const left = next.at - now;
  return (
    <time class="countdown" dateTime={new Date(next.at).toISOString()} title={`${next.what} until ${dayTime(next.at)}`}>
      <span class="countdown-what">{next.what}</span> {left > 0 ? span(left) : 'due'}
    </time>
  );
}

const placeOf = ({ model, endpoint }: KeyEntry['cooldowns'][number]): string => model ?? endpoint ?? 'a part';

const ModelCooldowns = ({ entry }: { entry: KeyEntry }): JSX.Element => (
  <span title={entry.cooldowns.map((each) => `${placeOf(each)} cools down until ${dayTime(each.until)}`).join('\n')}>
    cools down for{' '}
    {entry.cooldowns.length === 1 ? placeOf(entry.cooldowns[0]!) : `${entry.cooldowns.length} models or endpoints`}
  </span>
);

export function Ago({ at }: { at: string | null }): JSX.Element {
  const now = useNow();
  if (at === null) return <span class="faint">never</span>;
  return (
    <time dateTime={at} title={dayTime(at)}>
      {ago(at, now)}
    </time>
  );
}

/** When the vendor ends the key. */
export const Ends = ({ at }: { at: string }): JSX.Element => (
  <time class="sub" dateTime={at} title={`The vendor ends it at ${dayTime(at)}`}>
    {Date.parse(at) > useNow() ? 'ends' : 'ended'} {dayTime(at)}
  </time>
);
