import type { JSX } from 'preact';
import { ago, momentOf, span } from '../model/format';
import { providerName } from '../model/provider-names';
import type { Remedy, Trouble } from '../model/trouble';
import { isBusy } from '../state/actions';
import { useNow } from '../state/clock';
import { useStore } from '../state/store';
import { filter, openDialog } from '../state/view';
import { Button } from './button';
import { useDashboard, useReadOnly } from './context';
import type { IconName } from './icon';

const TONES = { nobody: 'removed', some: 'cooling_down', note: 'unknown' } as const;
/** What was done on purpose is no alarm. */
const toneOf = ({ gravity, remedies }: Trouble): string => (remedies[0] === 'resume' ? 'cooling_down' : TONES[gravity]);

/** What is wrong with a provider: why, since when, when it is back, and what to do, with the buttons that do it. */
export function TroubleLine({ provider, trouble }: { provider: string; trouble: Trouble }): JSX.Element {
  return (
    <div class={`state-line state-${toneOf(trouble)}`}>
      <p>
        <TroubleText trouble={trouble} />
      </p>
      <p>{trouble.advice}</p>
      {trouble.remedies.length > 0 && (
        <div class="remedies">
          {trouble.remedies.map((remedy) => (
            <RemedyButton key={remedy} provider={provider} remedy={remedy} />
          ))}
        </div>
      )}
    </div>
  );
}

/** Why, since when, and when it is back. */
export const TroubleText = ({ trouble: { what, said, since, back } }: { trouble: Trouble }): JSX.Element => (
  <>
    <b>{said.length === 0 ? `${what}.` : `${what}:`}</b>
    {said.length > 0 && ` ${said.join('; ')}.`} <Since at={since} />
    {back && (
      <>
        {' '}
        <Back {...back} />
      </>
    )}
  </>
);

const DAY_MS = 86_400_000;
const isoOf = (at: number): string => new Date(at).toISOString();

function Since({ at }: { at: number }): JSX.Element {
  const now = useNow();
  return (
    <span>
      Since <time dateTime={isoOf(at)}>{momentOf(at, now)}</time>
      {/* What changes by itself is not told again and again. */}
      {now - at < DAY_MS && <span aria-hidden="true"> ({ago(isoOf(at), now)})</span>}.
    </span>
  );
}

function Back({ at, what }: { at: number; what: string }): JSX.Element {
  const now = useNow();
  return (
    <span>
      {what} at <time dateTime={isoOf(at)}>{momentOf(at, now)}</time>
      <span aria-hidden="true"> ({at > now ? `in ${span(at - now)}` : 'due'})</span>.
    </span>
  );
}

const BUTTONS: Readonly<Record<Remedy, readonly [icon: IconName, text: string]>> = {
  resume: ['play', 'Resume'],
  add: ['plus', 'Add keys'],
  check: ['check', 'Check the keys'],
  pause: ['pause', 'Pause'],
  show: ['search', 'Show the keys'],
};

function RemedyButton({ provider, remedy }: { provider: string; remedy: Remedy }): JSX.Element {
  const { actions } = useDashboard();
  const why = useReadOnly();
  const busy = useStore(actions.busy, (all) => isBusy(all, provider));
  const [icon, text] = BUTTONS[remedy];
  const act: Readonly<Record<Remedy, () => void>> = {
    resume: () => openDialog.set({ kind: 'resume', provider }),
    add: () => openDialog.set({ kind: 'add', provider }),
    check: () => void actions.checkAll(provider),
    pause: () => openDialog.set({ kind: 'pause', provider }),
    show: () => {
      filter.patch({ provider });
      document.getElementById('keys')?.focus();
    },
  };
  const isReading = remedy === 'show';
  return (
    <Button icon={icon} why={isReading ? undefined : why} busy={busy && remedy === 'check'} onClick={act[remedy]}>
      {text}
      <span class="hidden"> of {providerName(provider)}</span>
    </Button>
  );
}
