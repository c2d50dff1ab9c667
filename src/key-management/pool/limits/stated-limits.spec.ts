import { NO_LIMITS, statedOf, strictest } from './stated-limits';

describe('the limits that a user states', () => {
  it('are those that are not taken away', () => {
    expect(statedOf({ concurrency: undefined, requestsPerMinute: 0, tokensPerDay: 5 })).toStrictEqual({
      requestsPerMinute: 0,
      tokensPerDay: 5,
    });
    expect(statedOf(NO_LIMITS)).toStrictEqual({});
  });

  it('are each taken away by none', () => {
    const all = { concurrency: 1, requestsPerMinute: 2, tokensPerMinute: 3, requestsPerDay: 4, tokensPerDay: 5 };
    expect(statedOf({ ...all, ...NO_LIMITS })).toStrictEqual({});
  });

  it('of several keys are the least of each', () => {
    expect(
      strictest([
        { concurrency: 2, requestsPerMinute: 60 },
        { requestsPerMinute: 50, tokensPerMinute: 3, tokensPerDay: 9 },
        { requestsPerMinute: 70, tokensPerMinute: 4, requestsPerDay: 0 },
      ]),
    ).toStrictEqual({ concurrency: 2, requestsPerMinute: 50, tokensPerMinute: 3, requestsPerDay: 0, tokensPerDay: 9 });
  });

  it('of keys without any are none', () => {
    expect([strictest([]), strictest([{}, { concurrency: undefined }])]).toEqual([undefined, undefined]);
  });
});
