import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { Resolution } from '../api/types';
import { shortNumber, shortTime } from '../model/format';
import { chartSentence, timelineColumns, timelineSummary } from '../model/timeline';
import type { KeyViewing } from '../state/key-viewing';
import { useStore } from '../state/store';
import { Plot, type PlotLine } from './plot';

const LINES: readonly PlotLine[] = [
  { label: 'Attempts', colour: '--chart-calls', shape: 'area' },
  { label: 'Failed', colour: '--chart-failed', shape: 'bars' },
  { label: 'Rate limited', colour: '--chart-limited', shape: 'dashes' },
];

const RANGES: Readonly<Record<Resolution, { readonly name: string; readonly stepS: number }>> = {
  minute: { name: '3 hours', stepS: 60 },
  hour: { name: '30 days', stepS: 3_600 },
};

/** What happened to the attempts with the key, over time. */
export function KeyViewTimeline({ viewing }: { viewing: KeyViewing }): JSX.Element {
  const { timeline, resolution } = useStore(viewing.state);
  const { name, stepS } = RANGES[resolution];
  const sentence = chartSentence(timeline, { long: name, stepS });
  return (
    <section aria-labelledby="key-timeline">
      <div class="key-section-head">
        <h3 id="key-timeline">Attempts, the last {name}</h3>
        <select
          aria-label="Time of the timeline"
          value={resolution}
          onChange={({ currentTarget }) => viewing.chooseResolution(currentTarget.value as Resolution)}
        >
          {(Object.keys(RANGES) as Resolution[]).map((each) => (
            <option key={each} value={each}>
              {RANGES[each].name}
            </option>
          ))}
        </select>
      </div>
      {sentence === undefined ? <Chart viewing={viewing} /> : <p class="faint">{sentence}</p>}
    </section>
  );
}

function Chart({ viewing }: { viewing: KeyViewing }): JSX.Element {
  const { timeline, resolution } = useStore(viewing.state);
  const [point, setPoint] = useState<number>();
  const { stepS } = RANGES[resolution];
  const columns = useMemo(() => timelineColumns(timeline, stepS), [timeline, stepS]);
  const data = useMemo(
    (): uPlot.AlignedData => [columns.at, columns.requests, columns.failures, columns.rateLimited],
    [columns],
  );
  const at = Math.min(point ?? columns.at.length - 1, columns.at.length - 1);
  return (
    <figure class="timeline" role="img" aria-label={timelineSummary('the key', timeline)}>
      <div class="timeline-legend">
        <Legend kind="area calls" name="Attempts" value={columns.requests[at]} />
        <Legend kind="bar failed" name="Failed" value={columns.failures[at]} />
        <Legend kind="dash limited" name="Limited" value={columns.rateLimited[at]} />
        <span class="timeline-at">{shortTime((columns.at[at] ?? 0) * 1_000)}</span>
      </div>
      <Plot
        columns={data}
        lines={LINES}
        height={120}
        group="timeline-key"
        step={stepS}
        axisText={shortNumber}
        timeAxis
        onPoint={setPoint}
      />
    </figure>
  );
}

const Legend = ({ kind, name, value }: { kind: string; name: string; value: number | undefined }): JSX.Element => (
  <span class="legend">
    <i class={`legend-mark ${kind}`} />
    {name} <b>{shortNumber(value ?? 0)}</b>
  </span>
);
