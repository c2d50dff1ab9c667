import { KindEvidence, type LimitKind } from './limit-kind';

describe('KindEvidence', () => {
  it('goes by the profile until answers tell', () => {
    expect(new KindEvidence('fixed_window').kind).toBe('fixed_window');
    const evidence = new KindEvidence('token_bucket');
    evidence.observe(50, 30_000, 0);
    evidence.observe(40, 29_000, 1_000);
    expect(evidence.kind).toBe('token_bucket');
  });

  it('takes a limit for a window whose reset is one instant while less and less is left', () => {
    const evidence = new KindEvidence('token_bucket');
    evidence.observe(50, 30_000, 0);
    evidence.observe(40, 26_000, 4_000);
    expect(evidence.kind).toBe('fixed_window');
  });

  it('takes it for a bucket where the reset moves on', () => {
    const evidence = new KindEvidence('fixed_window');
    evidence.observe(50, 10_000, 0);
    evidence.observe(50, 10_000, 4_000);
    expect(evidence.kind).toBe('token_bucket');
  });

  it('takes it for a bucket where the reset moves on by less than any window lasts', () => {
    const evidence = new KindEvidence('fixed_window');
    evidence.observe(3, 1_000, 0);
    evidence.observe(2, 1_500, 2_000);
    expect(evidence.kind).toBe('token_bucket');
  });

  it('says nothing of readings on both sides of a reset, or without one', () => {
    const evidence = new KindEvidence('fixed_window');
    evidence.observe(5, 2_000, 0);
    evidence.observe(49, 60_000, 5_000);
    evidence.observe(48, 0, 9_000);
    expect(evidence.kind).toBe('fixed_window');
  });

  const kindAfter = (prior: LimitKind, ...readings: (readonly [remaining: number, resetMs: number, at: number])[]) => {
    const evidence = new KindEvidence(prior);
    for (const [remaining, resetMs, at] of readings) evidence.observe(remaining, resetMs, at);
    return evidence.kind;
  };

  it('takes resets for one instant that differ by no more than 1.1 s', () => {
    expect(kindAfter('token_bucket', [50, 30_000, 0], [40, 27_100, 4_000])).toBe('fixed_window');
    expect(kindAfter('token_bucket', [50, 30_000, 0], [40, 24_900, 4_000])).toBe('fixed_window');
    expect(kindAfter('token_bucket', [50, 30_000, 0], [40, 27_101, 4_000])).toBe('token_bucket');
    expect(kindAfter('fixed_window', [50, 30_000, 0], [40, 27_101, 4_000])).toBe('token_bucket');
  });

  it('says nothing of readings within three seconds', () => {
    expect(kindAfter('token_bucket', [50, 30_000, 0], [40, 27_001, 2_999])).toBe('token_bucket');
    expect(kindAfter('token_bucket', [50, 30_000, 0], [40, 27_000, 3_000])).toBe('fixed_window');
  });

  it('says nothing where as much is left, or more, at the same reset', () => {
    for (const remaining of [50, 51])
      for (const kind of ['token_bucket', 'fixed_window'] as const)
        expect(kindAfter(kind, [50, 30_000, 0], [remaining, 26_000, 4_000])).toBe(kind);
  });

  it('takes a reset that has come for one of the next window, unless that is sooner than any window ends', () => {
    const next = (resetMs: number): LimitKind => kindAfter('fixed_window', [50, 2_000, 0], [49, resetMs, 1_000]);
    expect([next(2_100), next(2_101), next(30_999), next(31_000)]).toEqual([
      'fixed_window',
      'token_bucket',
      'token_bucket',
      'fixed_window',
    ]);
    expect(kindAfter('fixed_window', [50, 5_000, 0], [49, 40_000, 3_899])).toBe('token_bucket');
    expect(kindAfter('fixed_window', [50, 5_000, 0], [49, 40_000, 3_900])).toBe('fixed_window');
  });

  it('compares with the first reading of a window', () => {
    expect(kindAfter('token_bucket', [50, 30_000, 0], [40, 26_500, 4_000], [30, 20_500, 8_400])).toBe('fixed_window');
    expect(kindAfter('fixed_window', [50, 30_000, 0], [60, 40_000, 4_000], [55, 36_000, 8_000])).toBe('fixed_window');
  });
});
