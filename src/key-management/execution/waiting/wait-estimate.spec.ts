import { WaitEstimate } from './wait-estimate';

describe('ServicePace', () => {
  const paced = (intervalMs: number, times: number): WaitEstimate => {
    const pace = new WaitEstimate();
    for (let time = 0; time < times; time += 1) pace.served(time * intervalMs);
    return pace;
  };

  it('predicts nothing before enough waits have ended', () => {
    expect(paced(100, 10).expectedAt(1_000, 0)).toBe(0);
  });

  it('expects the queue to move on as it did', () => {
    expect(paced(100, 30).expectedAt(5, 10_000)).toBeCloseTo(10_500);
  });

  it('starts afresh when nobody waits', () => {
    const pace = paced(100, 30);
    pace.idle();
    expect(pace.expectedAt(5, 0)).toBe(0);
  });
});
