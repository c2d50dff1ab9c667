import { DDSketch } from '@datadog/sketches-js';
import { BINS } from './bin-count';

/** Relative error of a quantile. */
const ACCURACY = 0.01;

const { mapping } = new DDSketch({ relativeAccuracy: ACCURACY });

/** The logarithm, taken once for the times that are usual. */
const USUAL = Uint16Array.from({ length: 8_192 }, (_, ms) => computedBin(ms));

function computedBin(ms: number): number {
  return ms < 1 ? 0 : Math.min(mapping.key(ms) + 1, BINS - 1);
}

/** The sketch's bin of a time in milliseconds. On the hot path. */
export const binOf = (ms: number): number => USUAL[ms] ?? computedBin(ms);

/** A sketch out of bins, each a list of counts by bin: the same in whatever order, and by whatever instance, they were counted. */
export function sketchOf(binned: Iterable<ArrayLike<number>>): DDSketch {
  const sketch = new DDSketch({ relativeAccuracy: ACCURACY });
  for (const counts of binned) {
    for (let bin = 0; bin < counts.length; bin += 1) {
      const count = counts[bin]!;
      if (count > 0) addTo(sketch, bin, count);
    }
  }
  return sketch;
}

/** What `DDSketch.accept` does, with a key that is known already. */
function addTo(sketch: DDSketch, bin: number, count: number): void {
  const value = bin === 0 ? 0 : mapping.value(bin - 1);
  if (bin === 0) sketch.zeroCount += count;
  else sketch.store.add(bin - 1, count);
  sketch.count += count;
  sketch.sum += value * count;
  sketch.min = Math.min(sketch.min, value);
  sketch.max = Math.max(sketch.max, value);
}
