import type { JSX } from 'preact';
import type { ProviderFigures } from '../api/types';
import {
  counted,
  costOf,
  duration,
  momentOf,
  percent,
  providerName,
  shortNumber,
  span,
  vendorBeside,
} from '../model/format';
import { rateTone, stateWords, type Standings } from '../model/status';
import { isBusy } from '../state/actions';
import { useNow } from '../state/clock';
import { useStore } from '../state/store';
import { filter, openDialog } from '../state/view';
import { BudgetBars } from './budget-bars';
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

export function ProviderCard({ provider, figures, counts }: ProviderCardProps): JSX.Element {
  const name = providerName(provider);
  const { summary, timeline, window } = figures;
  const { word, tone } = stateWords(figures.state);
  const vendor = vendorBeside(provider, figures.vendor.label);
  return (
    <article class="card provider" aria-labelledby={`provider-${provider}`}>
      <header class="provider-head">
        <h3 id={`provider-${provider}`}>{name}</h3>
        {vendor !== undefined && <span class="faint provider-vendor">{vendor}</span>}
        <span class={`badge tone-${tone}`}>
          <Shape of={tone} />
          {word}
        </span>
        <ProviderActions provider={provider} name={name} paused={figures.state === 'paused'} />
      </header>
      <StateLine figures={figures} />
      <HealthBar counts={counts} />
      <dl class="figures">
        <Figure name="Calls, 5 min" value={shortNumber(window.calls)} />
        <Figure name="Failed" value={shortNumber(window.failures)} />
        <Figure
          name="Success"
          value={percent(window.success_rate)}
          tone={window.success_rate === null ? '' : rateTone(window.success_rate)}
        />
        <Figure name="p50" value={duration(summary.response_time_p50)} />
        <Figure name="p95" value={duration(summary.response_time_p95)} />
        <Figure name="Tokens" value={shortNumber(summary.usage.input_tokens + summary.usage.output_tokens)} />
        <Figure name="Cost" value={costOf(summary.usage)} />
      </dl>
      <BudgetBars budgets={figures.budgets} />
      {figures.runs_out_at !== null && <RunOutLine at={figures.runs_out_at} />}
      {figures.affinity && <AffinityLine {...figures.affinity} />}
      {figures.opened && <OpenedLine {...figures.opened} />}
      <ProviderTimeline provider={provider} timeline={timeline} />
    </article>
  );
}

/** When nothing is left of any of its keys. */
function RunOutLine({ at }: { at: string }): JSX.Element {
  const now = useNow();
  return (
    <p class="faint run-out-line">
      At the present pace its keys run out <time dateTime={at}>{momentOf(at, now)}</time>
      {Date.parse(at) > now && <> (in {span(Date.parse(at) - now)})</>}.
    </p>
  );
}

/** Pools of its kind that were opened at run time have no card. */
const OpenedLine = ({ pools, in_trouble: troubled }: NonNullable<ProviderFigures['opened']>): JSX.Element => (
  <p class="faint opened-line">
    {counted(pools, 'pool')} opened like it{troubled > 0 && `, ${troubled} serving nobody`}
  </p>
);

/** Whether calls that belong to an account met it. */
const AffinityLine = ({ kept, moved, asked }: NonNullable<ProviderFigures['affinity']>): JSX.Element => (
  <p class="faint affinity-line">
    Affinity, this instance since its start: {shortNumber(kept)} calls kept to their account, {shortNumber(moved)} moved
    {asked > 0 && <>, {shortNumber(asked)} accounts asked in turn</>}.
  </p>
);

/** Why the provider is in its state, since when, and until when where that is known. */
function StateLine({ figures }: { figures: ProviderFigures }): JSX.Element {
  const now = useNow();
  const { state, state_reason: reason, state_since: since, state_until: until } = figures;
  const left = until === null ? undefined : Date.parse(until) - now;
  return (
    <p class={`state-line state-${stateWords(state).tone}`}>
      {reason}{' '}
      <span class="faint">
        Since <time dateTime={since}>{momentOf(since, now)}</time>
        {until !== null && left !== undefined && left > 0 && (
          <>
            , until <time dateTime={until}>{momentOf(until, now)}</time> ({span(left)})
          </>
        )}
        .
      </span>
    </p>
  );
}

interface ProviderActionsProps {
  provider: string;
  name: string;
  paused: boolean;
}

function ProviderActions({ provider, name, paused }: ProviderActionsProps): JSX.Element {
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
        icon={paused ? 'play' : 'pause'}
        label={`${paused ? 'Resume' : 'Pause'} ${name}`}
        why={why}
        busy={busy}
        onClick={() => openDialog.set({ kind: paused ? 'resume' : 'pause', provider })}
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
