import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { percent, wholeNumber } from '../model/format';
import { WINDOW_NAMES, WINDOWS } from '../model/window';
import { byState, countStandings, noStandings, rateTone } from '../model/status';
import { useStore } from '../state/store';
import { openDialog, chosenWindow } from '../state/view';
import { Button } from './button';
import { useDashboard, useReadOnly } from './context';
import { Icon } from './icon';
import { ProviderCard } from './provider-card';

/** The pools at a glance: totals, then a card per provider. */
export function Overview(): JSX.Element {
  const { data } = useDashboard();
  const figures = useStore(data.state, (state) => state.figures);
  const version = useStore(data.state, (state) => state.keysVersion);
  const problem = useStore(data.state, (state) => state.problem);
  const { all, byProvider } = useMemo(() => countStandings(data.keys.values()), [version]);

  if (!figures) return problem === undefined ? <OverviewSkeleton /> : <LoadProblem problem={problem} />;
  const providers = byState(Object.entries(figures.providers));
  const calls = providers.reduce((sum, [, { window }]) => sum + window.calls, 0);
  const failures = providers.reduce((sum, [, { window }]) => sum + window.failures, 0);
  const rate = ((calls - failures) / calls) * 100;
  if (providers.length === 0) return <NoKeys />;
  return (
    <section aria-labelledby="overview-title">
      <h2 id="overview-title" class="hidden">
        Overview
      </h2>
      <div class="totals">
        <dl>
          <Total name="Keys" value={wholeNumber(all.total)} />
          <Total
            name={all.partly > 0 ? `Healthy, ${wholeNumber(all.partly)} cool down for a model` : 'Healthy'}
            value={wholeNumber(all.healthy)}
            tone={all.partly > 0 ? 'tone-cooling_down' : 'tone-healthy'}
          />
          <Total
            name="Cooling down"
            value={wholeNumber(all.cooling_down)}
            tone={all.cooling_down > 0 ? 'tone-cooling_down' : ''}
          />
          <Total name="Removed" value={wholeNumber(all.removed)} tone={all.removed > 0 ? 'tone-removed' : ''} />
          <Total name="Calls, 5 min" value={wholeNumber(calls)} />
          <Total name="Failed" value={wholeNumber(failures)} />
          <Total name="Success" value={calls === 0 ? '–' : percent(rate)} tone={calls === 0 ? '' : rateTone(rate)} />
        </dl>
        <WindowChoice />
      </div>
      <div class="providers">
        {providers.map(([provider, each]) => (
          <ProviderCard
            key={provider}
            provider={provider}
            figures={each}
            counts={byProvider.get(provider) ?? noStandings()}
          />
        ))}
      </div>
    </section>
  );
}

const Total = ({ name, value, tone = '' }: { name: string; value: string; tone?: string }): JSX.Element => (
  <div class="total">
    <dt>{name}</dt>
    <dd class={tone}>{value}</dd>
  </div>
);

function WindowChoice(): JSX.Element {
  const chosen = useStore(chosenWindow);
  return (
    <div class="range" role="radiogroup" aria-labelledby="range-title">
      <span id="range-title">Figures of the last</span>
      {WINDOW_NAMES.map((name) => (
        <label key={name}>
          <input type="radio" name="range" checked={chosen === name} onChange={() => chosenWindow.set(name)} />
          <b>{WINDOWS[name].short}</b>
        </label>
      ))}
    </div>
  );
}

function NoKeys(): JSX.Element {
  const why = useReadOnly();
  return (
    <section class="card empty" aria-label="No keys">
      <Icon name="key" />
      <h2>No keys yet</h2>
      <p>
        Add keys here, or give them to the app as <code>OPENAI_API_KEYS</code>, <code>ANTHROPIC_API_KEYS</code> or{' '}
        <code>GOOGLE_API_KEYS</code>. Each is checked before it is used.
      </p>
      <Button kind="primary" icon="plus" why={why} onClick={() => openDialog.set({ kind: 'add' })}>
        Add keys
      </Button>
    </section>
  );
}

function LoadProblem({ problem }: { problem: string }): JSX.Element {
  const dashboard = useDashboard();
  return (
    <section class="card empty" role="alert">
      <Icon name="warning" />
      <h2>The data could not be loaded</h2>
      <p>{problem} The page keeps trying.</p>
      <Button icon="check" onClick={() => void dashboard.refresh()}>
        Try now
      </Button>
    </section>
  );
}

const OverviewSkeleton = (): JSX.Element => (
  <section aria-busy="true" aria-label="Loading the overview">
    <div class="skeleton skeleton-totals" />
    <div class="providers">
      {[0, 1, 2].map((each) => (
        <div key={each} class="card provider skeleton-card">
          <div class="skeleton skeleton-line" />
          <div class="skeleton skeleton-bar" />
          <div class="skeleton skeleton-chart" />
        </div>
      ))}
    </div>
  </section>
);
