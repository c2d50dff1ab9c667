import { reconnectPauseMs } from './reconnect';

describe('the pause before a store is dialled again', () => {
  it('C4: doubles with each failure to two seconds, a half of it by chance', () => {
    const failures = [0, 1, 2, 3, 4, 5, 6, 7, 8, 1_000_000];
    expect(failures.map((each) => reconnectPauseMs(each, () => 0))).toEqual([
      25, 25, 50, 100, 200, 400, 800, 1_000, 1_000, 1_000,
    ]);
    expect(failures.map((each) => reconnectPauseMs(each, () => 1))).toEqual([
      50, 50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000,
    ]);
  });
});
