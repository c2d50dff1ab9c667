import { ProviderGate } from './provider-gate';

const fail = (gate: ProviderGate, times: number, now: number): void => {
  for (let time = 0; time < times; time += 1) gate.settled('server_error', now);
};

describe('ProviderGate', () => {
  it('stays open for failures that are a key’s, a caller’s, or not nearly all', () => {
    const gate = new ProviderGate();
    for (let time = 0; time < 100; time += 1) gate.settled(time % 2 ? 'invalid_key' : 'rate_limited', time);
    for (let time = 0; time < 100; time += 1) gate.settled(time % 4 ? 'server_error' : 'ok', time);
    expect(gate.admits(100)).toBe(true);
  });

  it('pauses when nearly all fail for the vendor’s reason, and opens by one trial call', () => {
    const gate = new ProviderGate();
    fail(gate, 20, 0);
    expect(gate.admits(999)).toBe(false);
    expect(gate.pausedUntil(0)).toBe(1_000);
    expect(gate.admits(1_000)).toBe(true);
    gate.passed();
    expect(gate.admits(1_000)).toBe(false);
    expect(gate.settled('ok', 1_100)).toBe(true);
    expect(gate.admits(1_100)).toBe(true);
  });

  it('waits longer after each failed trial, but never more than 5 s', () => {
    const gate = new ProviderGate();
    fail(gate, 20, 0);
    const pauses: number[] = [];
    let at = gate.pausedUntil(0)!;
    for (let trial = 0; trial < 5; trial += 1) {
      const now = at;
      gate.passed();
      gate.settled('timeout', now);
      pauses.push((at = gate.pausedUntil(now)!) - now);
    }
    expect(pauses).toEqual([2_000, 4_000, 5_000, 5_000, 5_000]);
  });

  it('lets another trial go when one was given up, and opens when a call from before succeeds', () => {
    const gate = new ProviderGate();
    fail(gate, 20, 0);
    gate.passed();
    gate.settled('cancelled', 1_500);
    expect(gate.admits(1_500)).toBe(true);
    gate.settled('ok', 1_500);
    expect(gate.pausedUntil(0)).toBeUndefined();
  });

  it('forgets failures that are old', () => {
    const gate = new ProviderGate();
    for (let time = 0; time < 19; time += 1) gate.settled('server_error', time * 10_000);
    gate.settled('server_error', 200_000);
    expect(gate.admits(200_000)).toBe(true);
  });
});
