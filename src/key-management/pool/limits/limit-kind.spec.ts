import { KindEvidence } from './limit-kind';

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
});
