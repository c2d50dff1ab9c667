import type { JSX } from 'preact';
import { ago, dayTime, span } from '../model/format';
import { nextOf } from '../model/status';
import type { KeyEntry } from '../api/types';
import { useNow } from '../state/clock';

/** `rests 0:42`, `re-check 3 h 20 min`. Not announced: it changes every second. */
export function Countdown({ entry }: { entry: KeyEntry }): JSX.Element {
  const now = useNow();
  const next = nextOf(entry);
  if (!next) return entry.rests.length > 0 ? <ModelRests entry={entry} /> : <span class="faint">–</span>;
  const left = next.at - now;
  return (
    <time class="countdown" dateTime={new Date(next.at).toISOString()} title={`${next.what} until ${dayTime(next.at)}`}>
      <span class="countdown-what">{next.what}</span> {left > 0 ? span(left) : 'due'}
    </time>
  );
}

const placeOf = ({ model, endpoint }: KeyEntry['rests'][number]): string => model ?? endpoint ?? 'a part';

const ModelRests = ({ entry }: { entry: KeyEntry }): JSX.Element => (
  <span title={entry.rests.map((rest) => `${placeOf(rest)} rests until ${dayTime(rest.until)}`).join('\n')}>
    rests for {entry.rests.length === 1 ? placeOf(entry.rests[0]!) : `${entry.rests.length} models or endpoints`}
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
