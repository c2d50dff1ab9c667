import { SendLag } from './send-lag';

/** An answer to a request that was sent at 0 came after so many milliseconds: when it was counted. */
const counted = (lag: SendLag, ...answers: number[]): number =>
  answers.map((answeredAt) => lag.countedAt(0, answeredAt)).at(-1)!;

describe('SendLag', () => {
  it('expects the vendor to count late at first, but not after its answer', () => {
    expect(counted(new SendLag(), 80)).toBe(80);
    expect(counted(new SendLag(), 500)).toBe(330);
    expect(new SendLag().countedAt(1_000, 1_080)).toBe(1_080);
  });

  it('does not take the time that the vendor works for that of the network', () => {
    expect(counted(new SendLag(), 12_000)).toBe(200);
    expect(counted(new SendLag(), 80, 12_000)).toBeCloseTo(100, 0);
  });

  it('learns from good answers that calls may come earlier, and from refusals that they come too early', () => {
    const lag = new SendLag();
    for (let call = 0; call < 200; call += 1) lag.succeeded();
    // By as much as even the quickest request is under way, where calls must fit as they arrive.
    expect(counted(lag, 100)).toBeCloseTo(30);
    for (let call = 0; call < 5; call += 1) lag.refused();
    expect(counted(lag, 100)).toBeCloseTo(50);
  });

  it('is careful once a call was refused, and stays between the sending and the answer', () => {
    const lag = new SendLag();
    lag.refused();
    for (let call = 0; call < 400; call += 1) lag.succeeded();
    expect(counted(lag, 200)).toBeCloseTo(180);
    for (let call = 0; call < 40_000; call += 1) lag.succeeded();
    expect(counted(lag, 200)).toBe(0);
    for (let call = 0; call < 100; call += 1) lag.refused();
    expect(counted(lag, 200)).toBe(200);
  });
});
