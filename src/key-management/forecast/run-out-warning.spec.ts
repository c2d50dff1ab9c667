import { runOutWarning } from './run-out-warning';

const HOUR = 60 * 60_000;
const NOW = Date.UTC(2026, 10, 1);
const THRESHOLDS = [24, 2] as const;
const warning = (hours: number | undefined, told?: 24 | 2) =>
  runOutWarning(hours === undefined ? undefined : NOW + hours * HOUR, told, THRESHOLDS, NOW);

describe('runOutWarning', () => {
  it.each([undefined, 1_000, 24.1])('says nothing where the end is %s hours off', (hours) => {
    expect(warning(hours)).toEqual({});
  });

  it('tells of a day and of two hours, once each', () => {
    expect(warning(24)).toEqual({ due: 24, told: 24 });
    expect(warning(20, 24)).toEqual({ told: 24 });
    expect(warning(2, 24)).toEqual({ due: 2, told: 2 });
    expect(warning(0.5, 2)).toEqual({ told: 2 });
    expect(warning(-1, 2)).toEqual({ told: 2 });
  });

  it('tells of the nearer one alone where the end comes all at once', () => {
    expect(warning(1)).toEqual({ due: 2, told: 2 });
  });

  it('tells nothing again while the end moves to and fro around a threshold', () => {
    expect(warning(30, 24)).toEqual({ told: 24 });
    expect(warning(2.5, 2)).toEqual({ told: 2 });
    expect(warning(1.5, 2)).toEqual({ told: 2 });
  });

  it('tells anew where the end was far off meanwhile', () => {
    expect(warning(37, 24)).toEqual({});
    expect(warning(undefined, 2)).toEqual({});
    expect(warning(20, 2)).toEqual({ told: 24 });
    expect(warning(2, warning(20, 2).told as 24)).toEqual({ due: 2, told: 2 });
  });
});
