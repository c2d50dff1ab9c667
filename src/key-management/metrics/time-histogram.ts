/** Upper bounds of the buckets, seconds: from a local answer to the longest generation. */
const BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;
const BOUNDS_MS = Float64Array.from(BOUNDS_SECONDS, (seconds) => seconds * 1_000);

interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram of durations in fixed buckets. Observed in milliseconds, exposed in seconds. */
export class TimeHistogram {
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  /** On the hot path. */
  observe(ms: number): void {
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > BOUNDS_MS[bucket]!) bucket += 1;
    this.#counts[bucket]! += 1;
    this.#sumMs += ms;
  }

  /** As Prometheus has them: each bucket counts all below its bound. */
  lines(name: string, labels: Readonly<Record<string, string | number | undefined>>): Line[] {
    const lines: Line[] = [];
    const given = labels as Readonly<Record<string, string | number>>;
    let count = 0;
    this.#counts.forEach((inBucket, bucket) => {
      count += inBucket;
      lines.push({
        metricName: `${name}_bucket`,
        labels: { ...given, le: BOUNDS_SECONDS[bucket] ?? '+Inf' },
        value: count,
      });
    });
    lines.push({ metricName: `${name}_sum`, labels: given, value: this.#sumMs / 1_000 });
    lines.push({ metricName: `${name}_count`, labels: given, value: count });
    return lines;
  }
}
