import { deliveryAfter, LONGEST_DELIVERY_MS, type Answer } from './delivery';

const NOW = Date.UTC(2026, 10, 1, 12);
const half = (): number => 0.5;
const after = (answer: Answer, tries = 1, ageMs = 0) => deliveryAfter(answer, tries, ageMs, NOW, half);

describe('deliveryAfter', () => {
  it.each([200, 201, 202, 204, 299])('%i: the message was taken', (status) => {
    expect(after({ status })).toEqual({ end: 'sent' });
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('%i is tried again', (status) => {
    expect(after({ status })).toEqual({ end: 'retry', afterMs: 1_500, why: `the receiver answered ${status}` });
  });

  it('an answer that never came is tried again', () => {
    expect(after({ failed: 'no' })).toMatchObject({ end: 'retry', why: 'no' });
  });

  it.each([400, 401, 403, 404, 405, 410, 413, 422])('%i is no question of time', (status) => {
    expect(after({ status })).toEqual({ end: 'failed', why: `the receiver answered ${status}` });
  });

  it.each([301, 302, 307, 308])('%i is not followed: the message might end up anywhere', (status) => {
    expect(after({ status })).toEqual({ end: 'failed', why: expect.stringContaining('redirects are not followed') });
  });

  it('waits twice as long each time, up to five minutes, half of it by chance', () => {
    const waits = [1, 2, 3, 4, 9, 100].map((tries) => after({ status: 500 }, tries));
    const bounds = [2_000, 4_000, 8_000, 16_000, 300_000, 300_000];
    expect(waits.map((each) => each.end === 'retry' && each.afterMs)).toEqual(bounds.map((ms) => ms * 0.75));
    const wait = (random: number) => deliveryAfter({ status: 500 }, 3, 0, NOW, () => random);
    expect([wait(0), wait(0.999_999)]).toMatchObject([{ afterMs: 4_000 }, { afterMs: expect.closeTo(8_000, 0) }]);
  });

  it.each([
    ['7', 7_000],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
    [new Date(NOW - 90_000).toUTCString(), 0],
    ['soon', 0],
    ['-5', 0],
    ['', 0],
  ])('waits no less than Retry-After asks for: %s', (retryAfter, statedMs) => {
    expect(after({ status: 429, retryAfter })).toMatchObject({ end: 'retry', afterMs: statedMs + 1_500 });
  });

  it('gives up what nobody took within an hour, and what could only be sent later than that', () => {
    expect(after({ status: 500 }, 20, LONGEST_DELIVERY_MS - 1).end).toBe('retry');
    expect(after({ status: 500 }, 20, LONGEST_DELIVERY_MS).end).toBe('failed');
    expect(after({ status: 503, retryAfter: '3600' }, 1, 1).end).toBe('failed');
  });
});
