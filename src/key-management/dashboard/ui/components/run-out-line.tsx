import type { JSX } from 'preact';
import { momentOf, span } from '../model/format';
import { useNow } from '../state/clock';
import type { ProviderFigures } from '../api/types';

interface RunOutLineProps extends Pick<ProviderFigures, 'runs_out_at' | 'runs_out_between'> {
  /** What runs out: a key, or the keys of a provider. */
  what: string;
  verb: 'runs' | 'run';
}

/** When nothing is left, or between which times as long as that is not sure. Nothing where neither is known. */
export function RunOutLine({
  what,
  verb,
  runs_out_at: at,
  runs_out_between: range,
}: RunOutLineProps): JSX.Element | null {
  const now = useNow();
  const time = (iso: string): JSX.Element => <time dateTime={iso}>{momentOf(iso, now)}</time>;
  if (at === null && range === null) return null;
  return (
    <>
      {at !== null && (
        <>
          At the present pace {what} {verb} out {time(at)}
          {Date.parse(at) > now && <> (in {span(Date.parse(at) - now)})</>}.
        </>
      )}
      {range !== null && (
        <>
          {at === null ? `When ${what} ${verb} out is not sure yet: ` : ' It may be sooner: '}
          {range.latest === null ? <>not before {time(range.earliest)}</> : null}
          {range.latest !== null && (
            <>
              between {time(range.earliest)} and {time(range.latest)}
            </>
          )}
          .
        </>
      )}
    </>
  );
}
