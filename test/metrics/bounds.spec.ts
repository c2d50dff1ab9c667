import { CountsByProvider, MAX_PROVIDERS, OTHER_PROVIDERS } from '../../src/key-management/metrics/provider-counts';
import { KeyMetricsService } from '../../src/key-management';
import { startKeyManagement } from '../support/key-management-app';
import { TimeHistogram } from '../../src/key-management/metrics/time-histogram';

describe('what the metrics can grow to', () => {
  it('counts the providers beyond the fiftieth together', () => {
    const counts = new CountsByProvider();
    for (let n = 0; n < 1_000; n += 1) counts.of(`vendor-${n}`).succeeded += 1;
    const entries = [...counts.entries()];
    expect(entries).toHaveLength(MAX_PROVIDERS + 1);
    expect(counts.of(OTHER_PROVIDERS).succeeded).toBe(1_000 - MAX_PROVIDERS);
  });

  it('keeps two apps in one process apart', async () => {
    const [a, b] = await Promise.all([startKeyManagement({}), startKeyManagement({})]);
    const [first, second] = [a.get(KeyMetricsService), b.get(KeyMetricsService)];
    expect(first.registry).not.toBe(second.registry);
    await Promise.all([first.text(), second.text()]);
    await Promise.all([a.close(), b.close()]);
  });

  it('puts a time into the bucket of the first bound that is not below it', () => {
    const histogram = new TimeHistogram();
    for (const ms of [0, 5, 6, 300_000, 300_001]) histogram.observe(ms);
    const at = (le: number | string) => histogram.lines('x', {}).find(({ labels }) => labels.le === le)?.value;
    expect([at(0.005), at(0.01), at(300), at('+Inf')]).toEqual([2, 3, 4, 5]);
    expect(histogram.lines('x', {}).find(({ metricName }) => metricName === 'x_sum')?.value).toBeCloseTo(600.012, 6);
  });
});
