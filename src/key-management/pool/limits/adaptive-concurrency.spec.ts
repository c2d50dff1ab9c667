import { AdaptiveConcurrency } from './adaptive-concurrency';

describe('AdaptiveCap', () => {
  it('is no bound before the first refusal, then half of what was in flight', () => {
    const cap = new AdaptiveConcurrency();
    expect(cap.value).toBe(Infinity);
    cap.refused(16, 0, 10);
    expect(cap.value).toBe(8);
  });

  it('halves once per burst, and never below two', () => {
    const cap = new AdaptiveConcurrency();
    cap.refused(16, 0, 10);
    cap.refused(16, 5, 11);
    expect(cap.value).toBe(8);
    for (let now = 20; now < 30; now += 1) cap.refused(16, now, now);
    expect(cap.value).toBe(2);
  });

  it('A2: is not made by a refusal of a call that was alone', () => {
    const cap = new AdaptiveConcurrency();
    cap.refused(1, 0, 10);
    expect(cap.value).toBe(Infinity);
    cap.refused(2, 20, 30);
    expect(cap.value).toBe(2);
  });

  it('grows by one per round of successes', () => {
    const cap = new AdaptiveConcurrency();
    cap.refused(8, 0, 10);
    for (let success = 0; success < 5; success += 1) cap.succeeded();
    expect(cap.value).toBe(5);
  });
});
