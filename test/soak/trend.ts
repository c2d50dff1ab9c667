/** Figures over time. */
export interface Point {
  readonly minute: number;
  readonly value: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/** The Theil–Sen slope, per minute: the median of the slopes of all pairs of points. Few outliers do not change it. */
export function slope(points: readonly Point[]): number {
  const slopes: number[] = [];
  points.forEach((a, i) => {
    for (const b of points.slice(i + 1)) slopes.push((b.value - a.value) / (b.minute - a.minute));
  });
  return median(slopes);
}

/** By how much the median of the later points is above that of the earlier ones. */
export function rise(values: readonly number[]): number {
  const part = Math.max(1, Math.floor(values.length / 3));
  return median(values.slice(-part)) - median(values.slice(0, part));
}
