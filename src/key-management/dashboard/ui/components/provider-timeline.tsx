import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Figures, TimelineEntry } from '../api/types';
import { dayTime, duration, shortNumber, shortTime } from '../model/format';
import { chartSentence, timelineColumns, timelineSummary } from '../model/timeline';
import { WINDOWS } from '../model/window';
import { useNarrow } from '../state/narrow';
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
  window: Figures['window'];
}

/** What happened to a provider's calls, and how long they took. */
export function ProviderTimeline({ isFolded, ...props }: TimelineProps & { isFolded: boolean }): JSX.Element {
  const sentence = chartSentence(props.timeline, WINDOWS[props.window.name]);
  if (sentence !== undefined) return <p class="timeline-empty">{sentence}</p>;
  return (
    <Folded isFolded={isFolded}>
      <Charts {...props} />
    </Folded>
  );
}

/** Where it is narrow, or there are many, charts would push the keys out of reach. */
function Folded({ isFolded, children }: { isFolded: boolean; children: ComponentChildren }): JSX.Element {
  const narrow = useNarrow();
  // A chart that is folded is none: it would be drawn without a width.
  const [open, setOpen] = useState(false);
  if (!narrow && !isFolded) return <>{children}</>;
  return (
    <details class="timeline-fold" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Timeline</summary>
      {open && children}
    </details>
  );
}

function Charts({ provider, timeline, window }: TimelineProps): JSX.Element {
  const [point, setPoint] = useState<number>();
  const step = WINDOWS[window.name].stepS;
  const columns = useMemo(() => timelineColumns(timeline, step), [timeline, step]);
  const calls = useMemo(
    (): uPlot.AlignedData => [columns.at, columns.requests, columns.failures, columns.rateLimited],
    [columns],
  );
  const response = useMemo((): uPlot.AlignedData => [columns.at, columns.responseMs], [columns]);
  // Without any, an axis of milliseconds would show a scale that was made up.
  const hasAnswers = columns.responseMs.some((ms) => ms !== null);
  const at = point ?? columns.at.length - 1;
  const since = Date.parse(window.since) / 1_000;
  const shared = { group: `timeline-${provider}`, step, since, onPoint: setPoint };
  return (
    <figure class="timeline" role="img" aria-label={timelineSummary(provider, timeline)}>
      <div class="timeline-legend">
        <Legend kind="area calls" name="Calls" value={shortNumber(columns.requests[at] ?? 0)} />
        <Legend kind="bar failed" name="Failed" value={shortNumber(columns.failures[at] ?? 0)} />
        <Legend kind="dash limited" name="Limited" value={shortNumber(columns.rateLimited[at] ?? 0)} />
        <Legend kind="area response" name="Took" value={inMilliseconds(columns.responseMs[at])} />
        <span class="timeline-at">{pointTime((columns.at[at] ?? 0) * 1_000, step)}</span>
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

/** When a point's minute or hour begins. */
const pointTime = (ms: number, step: number): string => (step < 3_600 ? shortTime(ms) : dayTime(ms));

const inMilliseconds = (value: number | null | undefined): string => duration(value == null ? null : value / 1_000);

const Legend = ({ kind, name, value }: { kind: string; name: string; value: string }): JSX.Element => (
  <span class="legend">
    <i class={`legend-mark ${kind}`} />
    {name} <b>{value}</b>
  </span>
);
