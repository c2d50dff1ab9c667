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

  it('halves again for a call that began with the first one’s refusal', () => {
    const cap = new AdaptiveConcurrency();
    cap.refused(16, 0, 10);
    cap.refused(16, 10, 20);
    expect(cap.value).toBe(4);
  });

  it('halves what was in flight where that was less than it bears', () => {
    const cap = new AdaptiveConcurrency();
    cap.refused(40, 0, 10);
    cap.refused(8, 20, 30);
    expect(cap.value).toBe(4);
  });

  it('is a whole number, and none before the first refusal', () => {
    const cap = new AdaptiveConcurrency();
    cap.succeeded();
    expect(cap.value).toBe(Infinity);
    cap.refused(8, 0, 10);
    const grown: number[] = [];
    for (let success = 0; success < 10; success += 1) {
      cap.succeeded();
      grown.push(cap.value);
    }
    expect(grown).toEqual([4, 4, 4, 4, 5, 5, 5, 5, 5, 6]);
  });
});
