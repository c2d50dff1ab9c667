import { DDSketch } from '@datadog/sketches-js';
import { seededRandom } from '../../../../test/support/seeded-random';
import { BINS } from './bin-count';
import { binOf, sketchOf } from './response-bins';

describe('response times in bins', () => {
  it('make the sketch that accepts the same times one by one', () => {
    const random = seededRandom(7);
    const real = new DDSketch({ relativeAccuracy: 0.01 });
    const instances = [new Uint32Array(BINS), new Uint32Array(BINS)];
    for (let n = 0; n < 10_000; n += 1) {
      // From less than a millisecond to some minutes, most of them short.
      const ms = Math.round(Math.exp(random() * 13) - 1);
      real.accept(ms);
      instances[n % 2]![binOf(ms)]! += 1;
    }
    const made = sketchOf(instances);
    expect(made.count).toBe(real.count);
    for (const quantile of [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1]) {
      const ours = made.getValueAtQuantile(quantile);
      // Two bins side by side differ by 2 %: extremes are the bin's value here, and exact there.
      expect(Math.abs(ours - real.getValueAtQuantile(quantile))).toBeLessThanOrEqual(0.021 * ours);
    }
  });
});
