import type { JSX } from 'preact';
import type { Figures, ProviderFigures } from '../api/types';
import { minuteOf, percent, shortNumber, wholeNumber } from '../model/format';
import { WINDOW_NAMES, WINDOWS } from '../model/window';
import { rateTone } from '../model/status';
import { useNow } from '../state/clock';
import { useStore } from '../state/store';
import { openDialog, chosenWindow } from '../state/view';
import { Button } from './button';
import { useDashboard, useProviders, useReadOnly } from './context';
import { Icon } from './icon';
import { ProviderCard } from './provider-card';

/** With more providers than this, the charts of those that serve well are folded. */
const MOST_CHARTS = 6;
const NOTE = { gravity: 'note' };

/** The pools at a glance: totals, then a card per provider. */
export function Overview(): JSX.Element {
  const { data } = useDashboard();
  const figures = useStore(data.state, (state) => state.figures);
  const problem = useStore(data.state, (state) => state.problem);
  const { providers } = useProviders();
  if (!figures) return problem === undefined ? <OverviewSkeleton /> : <LoadProblem problem={problem} />;
  if (providers.length === 0) return <NoKeys />;
  return (
    <section aria-labelledby="overview-title">
      <h2 id="overview-title" class="hidden">
        Overview
      </h2>
      <Totals window={figures.window} />
      <div class="providers">
        {providers.map((entry) => (
          <ProviderCard
            key={entry.provider}
            entry={entry}
            window={figures.window}
            startedAt={figures.system_info.started_at}
            isCompact={providers.length > MOST_CHARTS && (entry.trouble ?? NOTE).gravity === 'note'}
          />
        ))}
      </div>
    </section>
  );
}

/** Of all providers together. */
function Totals({ window }: { window: Figures['window'] }): JSX.Element {
  const { providers, counts: all } = useProviders();
  const sum = (of: (figures: ProviderFigures) => number): number =>
    providers.reduce((total, { figures }) => total + of(figures), 0);
  const calls = sum((each) => each.window.calls);
  const failures = sum((each) => each.window.failures);
  const rate = ((calls - failures) / calls) * 100;
  const last = WINDOWS[window.name].short;
  return (
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
        <Total
          name="In flight here"
          value={wholeNumber(sum((each) => each.in_flight))}
          why="Now, on the instance that answers"
        />
        <Total name={`Calls, ${last}`} value={shortNumber(calls)} />
        <Total name={`Failed, ${last}`} value={shortNumber(failures)} />
        <Total
          name={`Success, ${last}`}
          value={calls === 0 ? '–' : percent(rate)}
          tone={calls === 0 ? '' : rateTone(rate)}
        />
      </dl>
      <WindowChoice since={window.since} />
    </div>
  );
}

interface TotalProps {
  name: string;
  value: string;
  tone?: string;
  /** What it counts, where the name alone does not say it. */
  why?: string;
}

const Total = ({ name, value, tone = '', why }: TotalProps): JSX.Element => (
  <div class="total" title={why}>
    <dt>{name}</dt>
    <dd class={tone}>{value}</dd>
  </div>
);

/** Of which time all figures are. The page's address keeps it. */
function WindowChoice({ since }: { since: string }): JSX.Element {
  const chosen = useStore(chosenWindow);
  const now = useNow();
  return (
    <div class="range" role="radiogroup" aria-labelledby="range-title">
      <span id="range-title">
        Figures since <time dateTime={since}>{minuteOf(since, now)}</time>
      </span>
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
