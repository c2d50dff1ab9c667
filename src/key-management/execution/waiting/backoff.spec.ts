import { backoffMs } from './backoff';

const backoff = { initialMs: 500, maxMs: 8_000 };
const most = () => 1;

describe('backoffMs', () => {
  it('doubles its bound with each retry, up to the greatest', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((retry) => backoffMs(backoff, { retry, statedMs: 0 }, most))).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000,
    ]);
  });

  it('is anything from nothing to the bound', () => {
    expect(backoffMs(backoff, { retry: 2, statedMs: 0 }, () => 0)).toBe(0);
    expect(backoffMs(backoff, { retry: 2, statedMs: 0 }, () => 0.25)).toBe(500);
  });

  it('never shortens a stated wait', () => {
    expect(backoffMs(backoff, { retry: 0, statedMs: 20_000 }, () => 0)).toBe(20_000);
    expect(backoffMs(backoff, { retry: 0, statedMs: 20_000 }, most)).toBe(20_500);
    expect(backoffMs(backoff, { retry: 0, statedMs: 20_000, leftMs: 10_000 }, most)).toBe(20_000);
  });

  it('keeps what it adds within the time that is left', () => {
    expect(backoffMs(backoff, { retry: 4, statedMs: 0, leftMs: 300 }, most)).toBe(300);
    expect(backoffMs(backoff, { retry: 4, statedMs: 200, leftMs: 300 }, most)).toBe(300);
  });
});
