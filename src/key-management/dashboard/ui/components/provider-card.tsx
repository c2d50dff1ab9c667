import type { JSX } from 'preact';
import type { ProviderFigures } from '../api/types';
import { duration, percent, providerName, shortNumber } from '../model/format';
import { rateTone, verdictOf, type Standings } from '../model/status';
import { isBusy } from '../state/actions';
import { useStore } from '../state/store';
import { filter, openDialog } from '../state/view';
import { IconButton } from './button';
import { useDashboard, useReadOnly } from './context';
import { HealthBar } from './health-bar';
import { Shape } from './icon';
import { ProviderTimeline } from './provider-timeline';

interface ProviderCardProps {
  provider: string;
  figures: ProviderFigures;
  counts: Standings;
}

export function ProviderCard({ provider, figures: { summary, timeline }, counts }: ProviderCardProps): JSX.Element {
  const name = providerName(provider);
  const verdict = verdictOf(counts);
  const hasCalls = summary.requests > 0;
  return (
    <article class="card provider" aria-labelledby={`provider-${provider}`}>
      <header class="provider-head">
        <h3 id={`provider-${provider}`}>{name}</h3>
        <span class={`badge tone-${verdict.standing}`}>
          <Shape of={verdict.standing} />
          {verdict.word}
        </span>
        <ProviderActions provider={provider} name={name} />
      </header>
      <HealthBar counts={counts} />
      <dl class="figures">
        <Figure name="Calls" value={shortNumber(summary.requests)} />
        <Figure name="Failed" value={shortNumber(summary.failures)} />
        <Figure
          name="Success"
          value={hasCalls ? percent(summary.success_rate) : '–'}
          tone={hasCalls ? rateTone(summary.success_rate) : ''}
        />
        <Figure name="p50" value={duration(summary.response_time_p50)} />
        <Figure name="p95" value={duration(summary.response_time_p95)} />
      </dl>
      <ProviderTimeline provider={provider} timeline={timeline} />
    </article>
  );
}

function ProviderActions({ provider, name }: { provider: string; name: string }): JSX.Element {
  const { actions } = useDashboard();
  const why = useReadOnly();
  const busy = useStore(actions.busy, (all) => isBusy(all, provider));
  const chosen = useStore(filter, (value) => value.provider === provider);
  return (
    <div class="provider-actions">
      <button
        type="button"
        class="link-button"
        aria-pressed={chosen}
        onClick={() => filter.patch({ provider: chosen ? 'all' : provider })}
      >
        {chosen ? 'Show all keys' : 'Show keys'}
        <span class="hidden"> in the table ({name})</span>
      </button>
      <IconButton
        icon="check"
        label={`Check all keys of ${name} now`}
        why={why}
        busy={busy}
        onClick={() => void actions.checkAll(provider)}
      />
      <IconButton
        icon="plus"
        label={`Add keys to ${name}`}
        why={why}
        onClick={() => openDialog.set({ kind: 'add', provider })}
      />
    </div>
  );
}

const Figure = ({ name, value, tone = '' }: { name: string; value: string; tone?: string }): JSX.Element => (
  <div class="figure">
    <dt>{name}</dt>
    <dd class={tone}>{value}</dd>
  </div>
);
