import { SendLag } from './send-lag';

/** An answer to a request that was sent at 0 came after so many milliseconds: when it was counted. */
const counted = (lag: SendLag, ...answers: number[]): number =>
  answers.map((answeredAt) => lag.countedAt(0, answeredAt)).at(-1)!;

describe('SendLag', () => {
  it('expects the vendor to count with the answer at first', () => {
    expect(counted(new SendLag(), 80)).toBe(80);
    expect(counted(new SendLag(), 500)).toBe(500);
    expect(new SendLag().countedAt(1_000, 1_080)).toBe(1_080);
  });

  it('does not take the time that the vendor works for that of the network', () => {
    expect(counted(new SendLag(), 12_000)).toBe(200);
    expect(counted(new SendLag(), 80, 12_000)).toBeCloseTo(100, 0);
  });

  it('learns from refusals that the vendor counts later, and from good answers that it counts earlier', () => {
    const lag = new SendLag();
    for (let call = 0; call < 500; call += 1) lag.succeeded();
    expect(counted(lag, 100)).toBeCloseTo(50);
    for (let call = 0; call < 5; call += 1) lag.refused();
    expect(counted(lag, 100)).toBeCloseTo(70);
  });
});
