import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { TimelineEntry } from '../api/types';
import { duration, shortNumber, shortTime } from '../model/format';
import { isQuiet, timelineColumns, timelineSummary } from '../model/timeline';
import { WINDOWS } from '../model/window';
import { useNarrow } from '../state/narrow';
import { useStore } from '../state/store';
import { chosenWindow } from '../state/view';
import { Plot, type PlotLine } from './plot';

const CALLS: readonly PlotLine[] = [
  { label: 'Calls', colour: '--chart-calls', shape: 'area' },
  { label: 'Failed', colour: '--chart-failed', shape: 'bars' },
  { label: 'Rate limited', colour: '--chart-limited', shape: 'dashes' },
];
const RESPONSE: readonly PlotLine[] = [{ label: 'Response time', colour: '--chart-response', shape: 'area' }];

interface TimelineProps {
  provider: string;
  timeline: readonly TimelineEntry[];
}

/** What happened to a provider's calls, and how long they took. */
export const ProviderTimeline = (props: TimelineProps): JSX.Element =>
  isQuiet(props.timeline) ? (
    <p class="timeline-empty">No calls yet. The timeline begins with the first one.</p>
  ) : (
    <Folded>
      <Charts {...props} />
    </Folded>
  );

/** Where it is narrow, charts would push the keys out of reach. */
const Folded = ({ children }: { children: ComponentChildren }): JSX.Element =>
  useNarrow() ? (
    <details class="timeline-fold">
      <summary>Timeline</summary>
      {children}
    </details>
  ) : (
    <>{children}</>
  );

function Charts({ provider, timeline }: TimelineProps): JSX.Element {
  const [point, setPoint] = useState<number>();
  const step = WINDOWS[useStore(chosenWindow)].stepS;
  const columns = useMemo(() => timelineColumns(timeline, step), [timeline, step]);
  const calls = useMemo(
    (): uPlot.AlignedData => [columns.at, columns.requests, columns.failures, columns.rateLimited],
    [columns],
  );
  const response = useMemo((): uPlot.AlignedData => [columns.at, columns.responseMs], [columns]);
  // Without any, an axis of milliseconds would show a scale that was made up.
  const hasAnswers = columns.responseMs.some((ms) => ms !== null);
  const at = point ?? columns.at.length - 1;
  const shared = { group: `timeline-${provider}`, step, onPoint: setPoint };
  return (
    <figure class="timeline" role="img" aria-label={timelineSummary(provider, timeline)}>
      <div class="timeline-legend">
        <Legend kind="area calls" name="Calls" value={shortNumber(columns.requests[at] ?? 0)} />
        <Legend kind="bar failed" name="Failed" value={shortNumber(columns.failures[at] ?? 0)} />
        <Legend kind="dash limited" name="Limited" value={shortNumber(columns.rateLimited[at] ?? 0)} />
        <Legend kind="area response" name="Took" value={inMilliseconds(columns.responseMs[at])} />
        <span class="timeline-at">{shortTime((columns.at[at] ?? 0) * 1_000)}</span>
      </div>
      <Plot
        {...shared}
        columns={calls}
        lines={CALLS}
        height={hasAnswers ? 92 : 166}
        axisText={shortNumber}
        timeAxis={!hasAnswers}
      />
      {hasAnswers && (
        <Plot {...shared} columns={response} lines={RESPONSE} height={74} axisText={inMilliseconds} timeAxis />
      )}
    </figure>
  );
}

const inMilliseconds = (value: number | null | undefined): string => duration(value == null ? null : value / 1_000);

const Legend = ({ kind, name, value }: { kind: string; name: string; value: string }): JSX.Element => (
  <span class="legend">
    <i class={`legend-mark ${kind}`} />
    {name} <b>{value}</b>
  </span>
);
