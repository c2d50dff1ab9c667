import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { FEW_POINTS, timeLabels, timeRange, WHOLE_STEPS } from '../model/timeline';
import { paintedTheme } from '../state/preferences';
import { useStore } from '../state/store';

export interface PlotLine {
  label: string;
  /** Name of a CSS custom property. */
  colour: string;
  shape: 'area' | 'bars' | 'dashes';
}

interface PlotProps {
  /** Seconds since the epoch, then one column per line. */
  columns: uPlot.AlignedData;
  lines: readonly PlotLine[];
  height: number;
  /** Plots of one group share their cursor. */
  group: string;
  axisText: (value: number) => string;
  timeAxis: boolean;
  /** Seconds that one point stands for. */
  step: number;
  /** Seconds since the epoch: the axis begins there at the latest. Left out: with the first point. */
  since?: number;
  onPoint: (index: number | undefined) => void;
}

const FONT = '11px Inter, system-ui, sans-serif';

/** uPlot in Preact's clothes. Drawn anew only when the theme or the lines change; new data are handed in. */
export function Plot(props: PlotProps): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const painted = useStore(paintedTheme);
  // It moves on by itself: no reason to draw all anew.
  const since = useRef(props.since);
  since.current = props.since;

  useEffect(() => {
    const element = ref.current!;
    const made = new uPlot(
      optionsFor(props, element, () => since.current),
      props.columns,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: props.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [painted, props.lines, props.height, props.step]);

  useEffect(() => plot.current?.setData(props.columns), [props.columns]);

  return <div class="plot" ref={ref} style={{ height: `${props.height}px` }} />;
}

function optionsFor(
  { lines, height, group, axisText, timeAxis, step, onPoint }: PlotProps,
  element: HTMLElement,
  since: () => number | undefined,
): uPlot.Options {
  const styles = getComputedStyle(element);
  const colour = (name: string): string => styles.getPropertyValue(name).trim();
  const axis = { stroke: colour('--muted'), font: FONT, ticks: { show: false } };
  return {
    width: element.clientWidth || 300,
    height,
    padding: [6, 4, timeAxis ? 0 : 4, 0],
    legend: { show: false },
    cursor: { sync: { key: group }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      // Without any point uPlot has neither, whatever its types say.
      x: {
        range: (_plot, min: number | null, max: number | null) =>
          timeRange(Math.min(min ?? 0, since() ?? Infinity), max ?? 0, step),
      },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        show: timeAxis,
        size: 20,
        gap: 4,
        grid: { show: false },
        space: 70,
        values: (_plot, times) => timeLabels(times),
      },
      {
        ...axis,
        size: 46,
        gap: 4,
        space: 26,
        incrs: [...WHOLE_STEPS],
        grid: { stroke: colour('--line'), width: 1 },
        values: (_plot, values) => values.map(axisText),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, colour(line.colour)))],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  };
}

const isSparse = (plot: uPlot): boolean => plot.data[0].length <= FEW_POINTS;

function seriesOf({ label, shape }: PlotLine, stroke: string): uPlot.Series {
  const base = { label, stroke, width: 1.5, points: { show: isSparse, size: 5, fill: stroke }, spanGaps: true };
  if (shape === 'bars')
    return {
      ...base,
      points: { show: false },
      width: 0,
      fill: stroke,
      paths: uPlot.paths.bars!({ size: [0.7, 6, 2] }),
    };
  if (shape === 'dashes') return { ...base, dash: [4, 3] };
  return { ...base, fill: `${stroke}22` };
}
