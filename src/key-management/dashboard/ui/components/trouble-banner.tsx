import type { JSX } from 'preact';
import { providerName } from '../model/provider-names';
import { stateWords } from '../model/status';
import { Icon } from './icon';
import { useProviders } from './context';
import { TroubleText } from './trouble-line';

/** Providers in trouble of which the banner says all; the others it names. */
const MOST_TOLD = 3;

/** Who is called and serves nobody, in the first line that is read: why, since when, and when the first key is back. */
export function TroubleBanner(): JSX.Element | null {
  const { providers } = useProviders();
  const troubled = providers.flatMap(({ provider, figures, trouble }) =>
    trouble?.gravity === 'nobody' ? [{ provider, state: figures.state, trouble }] : [],
  );
  if (troubled.length === 0) return null;
  const others = troubled.slice(MOST_TOLD).map(({ provider }) => providerName(provider));
  return (
    // What was paused on purpose is no alarm.
    <div
      class={`banner ${troubled.some(({ state }) => state !== 'paused') ? 'bad' : 'warn'}`}
      role="region"
      aria-label="Trouble"
    >
      <Icon name="warning" />
      <p role="alert">
        {troubled.slice(0, MOST_TOLD).map(({ provider, state, trouble }) => (
          <span key={provider} class="banner-line">
            <a href={`#provider-${provider}`}>{providerName(provider)}</a> ({stateWords(state).word.toLowerCase()}):{' '}
            {/* Of several, the vendor's words stand on their cards alone. */}
            <TroubleText trouble={troubled.length > 1 ? { ...trouble, said: [] } : trouble} />
          </span>
        ))}
        {others.length > 0 && (
          <span class="banner-line">
            And {others.length} more: {others.join(', ')}.
          </span>
        )}
      </p>
    </div>
  );
}
