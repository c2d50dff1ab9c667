import { WaitEstimate } from './wait-estimate';

describe('WaitEstimate', () => {
  const served = (intervalMs: number, times: number): WaitEstimate => {
    const estimate = new WaitEstimate();
    for (let time = 0; time < times; time += 1) estimate.served(time * intervalMs);
    return estimate;
  };

  it('predicts nothing before enough waits have ended', () => {
    expect(served(100, 10).expectedAt(1_000, 0)).toBe(0);
  });

  it('expects the queue to move on as it did', () => {
    expect(served(100, 30).expectedAt(5, 10_000)).toBeCloseTo(10_500);
  });

  it('starts afresh when nobody waits', () => {
    const estimate = served(100, 30);
    estimate.idle();
    expect(estimate.expectedAt(5, 0)).toBe(0);
  });
});
