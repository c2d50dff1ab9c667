import type { JSX } from 'preact';
import type { Figures, ModelFigures, ProviderFigures } from '../api/types';
import { costOf, counted, duration, minuteOf, percent, shortNumber } from '../model/format';
import { rateTone } from '../model/status';
import { WINDOWS } from '../model/window';
import { useState } from 'preact/hooks';
import { useNow } from '../state/clock';
import { ProviderUsage } from './provider-usage';

interface ProviderNumbersProps {
  provider: string;
  figures: ProviderFigures;
  window: Figures['window'];
  startedAt: string;
}

/** What calls came to in the window, what is under way now, and the same by model. Each says which time it is of. */
export function ProviderNumbers({ provider, figures, window: shown, startedAt }: ProviderNumbersProps): JSX.Element {
  const { window, summary, models } = figures;
  const now = useNow();
  return (
    <div class="numbers">
      <p class="faint numbers-title">
        The last {WINDOWS[shown.name].long}, since <time dateTime={shown.since}>{minuteOf(shown.since, now)}</time>
      </p>
      <dl class="figures">
        <Figure name="Calls" value={shortNumber(window.calls)} />
        <Figure name="Failed" value={shortNumber(window.failures)} />
        <Figure
          name="Success"
          value={percent(window.success_rate)}
          tone={window.success_rate === null ? '' : rateTone(window.success_rate)}
        />
        <Figure
          name="Refused"
          value={shortNumber(window.refused)}
          why="Calls that found no key, and were sent to nobody"
        />
        <Figure name="Retries" value={shortNumber(window.retries)} />
        <Figure name="Limited" value={shortNumber(window.rate_limited)} why="Attempts that met a rate limit" />
        <Figure name="Average" value={duration(window.average_response_time)} why="Of the attempts that went well" />
        <Figure name="p50, 24 h" value={duration(summary.response_time_p50)} />
        <Figure name="p95, 24 h" value={duration(summary.response_time_p95)} />
        <Figure name="Tokens" value={shortNumber(window.usage.input_tokens + window.usage.output_tokens)} />
        <Figure name="Cost" value={costOf(window.usage)} />
        {window.excused > 0 && (
          <Figure
            name="By caller"
            value={shortNumber(window.excused)}
            why="Calls besides, which failed by their caller's own fault, or were given up"
          />
        )}
      </dl>
      <p class="now-line">
        Now, on this instance: <b>{shortNumber(figures.in_flight)}</b> in flight, <b>{shortNumber(figures.waiting)}</b>{' '}
        waiting.
      </p>
      {(models.length > 0 || summary.usage.requests > 0) && (
        <Models provider={provider} models={models} since={startedAt > shown.since ? startedAt : shown.since} />
      )}
    </div>
  );
}

interface ModelsProps {
  provider: string;
  models: readonly ModelFigures[];
  since: string;
}

/** Calls and their use by model. */
function Models({ provider, models, since }: ModelsProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="models" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {models.length === 0 ? (
          'Tokens and cost by model'
        ) : (
          <>
            {counted(models.length, 'model')} on this instance: {models.slice(0, 2).map(modelSummary).join(', ')}
            {models.length > 2 && ', …'}
          </>
        )}
      </summary>
      {isOpen && models.length > 0 && <ModelCalls models={models} since={since} />}
      {isOpen && <ProviderUsage provider={provider} />}
    </details>
  );
}

function ModelCalls({ models, since }: Omit<ModelsProps, 'provider'>): JSX.Element {
  const now = useNow();
  return (
    <table>
      <caption>
        Calls of this instance alone, since <time dateTime={since}>{minuteOf(since, now)}</time>
      </caption>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">Calls</th>
          <th scope="col">Failed</th>
          <th scope="col">Refused</th>
          <th scope="col">Success</th>
        </tr>
      </thead>
      <tbody>
        {models.map((each) => (
          <tr key={each.model}>
            <th scope="row" title={nameOf(each)}>
              {nameOf(each)}
            </th>
            <td>{shortNumber(each.calls)}</td>
            <td>{shortNumber(each.failures)}</td>
            <td>{shortNumber(each.refused)}</td>
            <td class={each.success_rate === null ? '' : rateTone(each.success_rate)}>{percent(each.success_rate)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const nameOf = ({ model }: ModelFigures): string => model ?? 'none named';
const modelSummary = (each: ModelFigures): string => `${nameOf(each)} ${percent(each.success_rate)}`;

interface FigureProps {
  name: string;
  value: string;
  tone?: string;
  /** What it counts, where the name alone does not say it. */
  why?: string;
}

const Figure = ({ name, value, tone = '', why }: FigureProps): JSX.Element => (
  <div class="figure" title={why}>
    <dt>{name}</dt>
    <dd class={tone}>{value}</dd>
  </div>
);
