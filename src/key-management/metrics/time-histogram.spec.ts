import { TimeHistogram } from './time-histogram';

describe('the histogram of times', () => {
  it('puts a time into the bucket of the first bound that is not below it', () => {
    const histogram = new TimeHistogram();
    for (const ms of [0, 5, 6, 300_000, 300_001]) histogram.observe(ms);
    const at = (le: number | string) => histogram.lines('x', {}).find(({ labels }) => labels.le === le)?.value;
    expect([at(0.005), at(0.01), at(300), at('+Inf')]).toEqual([2, 3, 4, 5]);
    expect(histogram.lines('x', {}).find(({ metricName }) => metricName === 'x_sum')?.value).toBeCloseTo(600.012, 6);
  });
});
