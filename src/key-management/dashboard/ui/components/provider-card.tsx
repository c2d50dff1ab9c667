import type { JSX } from 'preact';
import type { Figures, ProviderFigures } from '../api/types';
import { counted, momentOf, shortNumber } from '../model/format';
import { providerName, vendorBeside } from '../model/provider-names';
import { stateWords } from '../model/status';
import { isBusy } from '../state/actions';
import { useNow } from '../state/clock';
import type { ProviderEntry } from '../state/provider-list';
import { useStore } from '../state/store';
import { filter, openDialog } from '../state/view';
import { BudgetBars } from './budget-bars';
import { IconButton } from './button';
import { useDashboard, useReadOnly } from './context';
import { HealthBar } from './health-bar';
import { Shape } from './icon';
import { ProviderNumbers } from './provider-numbers';
import { RunOutLine } from './run-out-line';
import { ProviderTimeline } from './provider-timeline';
import { TroubleLine } from './trouble-line';

interface ProviderCardProps {
  entry: ProviderEntry;
  /** Which time the figures are of. */
  window: Figures['window'];
  /** When this instance began to count. */
  startedAt: string;
  /** Its chart is folded. */
  isCompact: boolean;
}

export function ProviderCard({ entry, window, startedAt, isCompact }: ProviderCardProps): JSX.Element {
  const { provider, figures, counts, trouble } = entry;
  const name = providerName(provider);
  const { word, tone } = stateWords(figures.state);
  const vendor = vendorBeside(provider, figures.vendor.label);
  return (
    <article class="card provider" id={`provider-${provider}`} tabIndex={-1} aria-labelledby={`title-${provider}`}>
      <header class="provider-head">
        <h3 id={`title-${provider}`}>{name}</h3>
        {vendor !== undefined && <span class="faint provider-vendor">{vendor}</span>}
        <span class={`badge tone-${tone}`}>
          <Shape of={tone} />
          {word}
        </span>
        <ProviderActions provider={provider} name={name} paused={figures.state === 'paused'} />
      </header>
      <div class="provider-body">
        <div class="provider-main">
          {trouble ? <TroubleLine provider={provider} trouble={trouble} /> : <CalmLine figures={figures} />}
          <HealthBar counts={counts} />
          <ProviderNumbers provider={provider} figures={figures} window={window} startedAt={startedAt} />
          <BudgetBars budgets={figures.budgets} />
          {(figures.runs_out_at ?? figures.runs_out_between) !== null && (
            <p class="faint run-out-line">
              <RunOutLine what="its keys" verb="run" {...figures} />
            </p>
          )}
          {figures.affinity && <AffinityLine {...figures.affinity} />}
          {figures.opened && <OpenedLine {...figures.opened} />}
        </div>
        <ProviderTimeline provider={provider} timeline={figures.timeline} window={window} isFolded={isCompact} />
      </div>
    </article>
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

/** How a provider is that is well, and since when. */
function CalmLine({
  figures: { state_reason: reason, state_since: since },
}: {
  figures: ProviderFigures;
}): JSX.Element {
  const now = useNow();
  return (
    <p class="state-line state-healthy">
      {reason}{' '}
      <span class="faint">
        Since <time dateTime={since}>{momentOf(since, now)}</time>.
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
        {chosen ? 'All keys' : 'Keys'}
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
