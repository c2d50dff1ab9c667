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

  it('F1: tells how it stands: closed, open until its next trial, half-open until that is over', () => {
    const gate = new ProviderGate();
    expect(gate.status(0)).toEqual({ state: 'closed', since: 0 });
    fail(gate, 20, 10);
    expect(gate.status(20)).toEqual({ state: 'open', since: 10, until: 1_010 });
    expect(gate.status(1_010)).toEqual({ state: 'half_open', since: 1_010 });
    gate.passed();
    expect(gate.status(1_500)).toEqual({ state: 'half_open', since: 1_010 });
    gate.settled('timeout', 1_600);
    expect(gate.status(1_600)).toEqual({ state: 'open', since: 1_600, until: 3_600 });
    gate.settled('ok', 3_700);
    expect(gate.status(3_700)).toEqual({ state: 'closed', since: 3_700 });
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
