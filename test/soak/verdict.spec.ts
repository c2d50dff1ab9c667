import { seededRandom } from '../support/seeded-random';
import type { TimedSample } from './run';
import { rise, slope } from './trend';
import { judgeSamples } from './verdict';

const MB = 1_024 * 1_024;

/** Samples of a run of that many minutes on a noisy machine, with the given growth. */
function samples(minutes: number, grow: (minute: number) => Partial<TimedSample> = () => ({})): TimedSample[] {
  const random = seededRandom(7);
  const count = minutes * 4;
  return Array.from({ length: count }, (_, n) => {
    const minute = ((n + 1) / count) * minutes;
    const noise = random();
    return {
      minute,
      clientStall: 500,
      // Warms up, and then varies; one sample in ten is far off.
      heapUsed: (44 - 4 * Math.exp(-minute * 3) + noise * 0.4 + (random() < 0.1 ? 3 : 0)) * MB,
      external: 3.5 * MB,
      rss: (150 + noise * 5) * MB,
      handles: { TCPServerWrap: 1, TCPSocketWrap: 2, Timeout: noise < 0.3 ? 3 : 2 },
      delay: { p50: 10, p99: 80 + noise * 150, max: 500 },
      callsInFlight: 0,
      leasesInFlight: 0,
      keys: 48,
      ...grow(minute),
    };
  });
}

const failed = (all: TimedSample[], minutes: number): string[] =>
  judgeSamples(all, { minutes, deletedKeys: 10 * minutes }).flatMap(({ what, passed }) =>
    passed ? [] : [what.split(/[ ,]/)[0]!],
  );

describe('the verdict of the soak', () => {
  it.each([2, 30])('lets a noisy run of %d minutes pass', (minutes) => {
    expect(failed(samples(minutes), minutes)).toEqual([]);
  });

  it('finds 300 bytes a call within 2 minutes, and 10 within 30', () => {
    const leak = (bytes: number) => (minute: number) => ({ heapUsed: 40 * MB + minute * 60 * 150 * bytes });
    expect(failed(samples(2, leak(300)), 2)).toEqual(['heap']);
    expect(failed(samples(30, leak(10)), 30)).toEqual(['heap']);
  });

  it.each<[string, (minute: number) => Partial<TimedSample>]>([
    ['memory', (minute) => ({ external: minute * MB })],
    ['RSS', (minute) => ({ rss: (150 + minute * 5) * MB })],
    ['open', (minute) => ({ handles: { Timeout: Math.round(minute) } })],
    ['calls', () => ({ leasesInFlight: 1 })],
    ['event', (minute) => ({ delay: { p50: 10, p99: minute < 15 ? 40 : 600, max: 900 } })],
  ])('finds what else is not flat: %s', (what, grow) => {
    expect(failed(samples(30, grow), 30)).toEqual([what]);
  });
});

describe('a trend', () => {
  it('is not moved by single wild points', () => {
    const points = Array.from({ length: 20 }, (_, minute) => ({
      minute,
      value: 2 * minute + (minute % 7 === 3 ? 900 : 0),
    }));
    expect(slope(points)).toBeCloseTo(2, 0);
    expect(rise([1, 1, 1, 5, 5, 5, 1, 900, 1])).toBe(0);
  });
});
