import type { KeyAvailability } from './key-availability';
import { providerState, type ProviderSituation } from './provider-state';

const NOW = Date.UTC(2026, 10, 1, 12);
const MINUTE = 60_000;
const served: KeyAvailability = { total: 3, asked: 1, unserved: [], out: {} };
const unserved = (model: string | undefined, until?: number): KeyAvailability['unserved'][number] => ({ model, until });

/** Well, and called a minute ago. */
const situation = (changes: Partial<ProviderSituation>): ProviderSituation => ({
  provider: 'openai',
  now: NOW,
  calls: 20,
  failures: 0,
  lastCallAt: NOW - MINUTE,
  startedAt: NOW - 24 * 60 * MINUTE,
  keys: served,
  breaker: { state: 'closed', since: 0 },
  ...changes,
});

describe('F1-F4: the state of a provider, by what is known of it', () => {
  it.each<[string, Partial<ProviderSituation>, string, RegExp]>([
    [
      'paused, which counts more than anything',
      { pause: { since: NOW - MINUTE, until: NOW + MINUTE }, calls: 9, failures: 9, keys: { ...served, total: 0 } },
      'paused',
      /^openai is paused by an administrator, and serves no calls until 2026-11-01T12:01:00.000Z or until it is resumed\.$/,
    ],
    ['all is well', {}, 'serving', /^20 calls in the last five minutes, and none failed/],
    ['nothing ended lately', { calls: 0 }, 'serving', /keys are ready/],
    ['one in twenty failed', { failures: 1, lastFailure: 'timeout' }, 'serving', /^Only 1 of the 20 calls/],
    [
      'more than one in twenty',
      { failures: 2, lastFailure: 'timeout' },
      'degraded',
      /^2 of the 20 calls .* timeout\.$/,
    ],
    ['a single call failed', { calls: 1, failures: 1 }, 'degraded', /^1 of the 1 call /],
    ['half of them failed', { failures: 10, lastFailure: 'overloaded' }, 'degraded', /^10 of the 20 calls/],
    ['more than half, but only four', { calls: 4, failures: 4 }, 'degraded', /^4 of the 4 calls/],
    [
      'more than half, five at least',
      { calls: 9, failures: 5, lastFailure: 'server_error' },
      'failing',
      /^5 of the 9 calls to openai in the last five minutes failed, the latest with server_error\.$/,
    ],
    ['for want of a key', { calls: 9, failures: 9, lastFailure: 'no_key' }, 'failing', /for want of a key\.$/],
    [
      'the breaker is open',
      { breaker: { state: 'open', since: NOW - 100, until: NOW + 900 } },
      'failing',
      /^Nearly every request to openai failed lately; the circuit breaker holds calls back/,
    ],
    [
      'the breaker is open, and holds the latest calls back',
      {
        calls: 9,
        failures: 9,
        lastFailure: 'no_key',
        breaker: { state: 'open', since: NOW - 100, until: NOW + 900 },
      },
      'failing',
      /five minutes failed; the circuit breaker holds calls back/,
    ],
    ['the breaker tries', { breaker: { state: 'half_open', since: NOW - 100 } }, 'failing', /circuit breaker/],
    ['the breaker tries since long', { breaker: { state: 'half_open', since: NOW - 6 * MINUTE } }, 'serving', /./],
    ['nobody called for an hour', { calls: 0, lastCallAt: NOW - 60 * MINUTE }, 'idle', /for an hour/],
    ['nobody called ever', { calls: 0, lastCallAt: undefined }, 'idle', /since the start/],
    ['no keys, and called', { keys: { ...served, total: 0 } }, 'no_usable_key', /^openai is called and has no keys/],
    [
      'no keys, and not called',
      { keys: { ...served, total: 0 }, lastCallAt: undefined },
      'no_usable_key',
      /^openai has no keys\.$/,
    ],
    [
      'all cool down for the only model',
      { keys: { ...served, unserved: [unserved('gpt-5', NOW + MINUTE)] } },
      'no_usable_key',
      /^No key of openai can be used for gpt-5, the only model that is called: all 3 cool down\.$/,
    ],
    [
      'all cool down for every model',
      { keys: { ...served, asked: 2, unserved: [unserved('a'), unserved('b')], out: { invalid_key: 1 } } },
      'no_usable_key',
      /for any model that is called \(a, b\): 2 cool down, 1 invalid_key\.$/,
    ],
    [
      'one of two models has no key',
      { keys: { ...served, asked: 2, unserved: [unserved('a')] } },
      'degraded',
      /^No key of openai can serve a, which was called/,
    ],
    [
      'all are dead',
      { keys: { total: 2, asked: 1, unserved: [unserved(undefined)], out: { invalid_key: 1, disabled: 1 } } },
      'no_usable_key',
      /^No key of openai can be used: 1 invalid_key, 1 disabled\.$/,
    ],
    ['the store is away', { storeAway: { kind: 'redis', since: NOW - 5_000 } }, 'degraded', /^The redis store is away/],
    [
      'the store is away, nobody calls',
      { storeAway: { kind: 'redis', since: NOW - 5_000 }, lastCallAt: undefined },
      'degraded',
      /store/,
    ],
    [
      'several at once, gravest first',
      {
        failures: 20,
        storeAway: { kind: 'redis', since: NOW - 5_000 },
        keys: { ...served, unserved: [unserved('a')] },
      },
      'no_usable_key',
      /./,
    ],
    ['failing before degraded', { failures: 20, storeAway: { kind: 'redis', since: NOW - 5_000 } }, 'failing', /./],
    [
      'two reasons',
      { failures: 2, storeAway: { kind: 'redis', since: NOW - 5_000 } },
      'degraded',
      /calls .*; the redis store is away/,
    ],
  ])('%s', (_, changes, state, reason) => {
    const verdict = providerState(situation(changes));
    expect([verdict.state, verdict.reason]).toEqual([state, expect.stringMatching(reason)]);
    expect(verdict.reason).toMatch(/^[^\n]{1,400}\.$/);
  });

  it('says until when: the soonest key, or the breaker’s next trial', () => {
    const keys = { ...served, asked: 2, unserved: [unserved('a', NOW + 9_000), unserved('b', NOW + 5_000)] };
    expect(providerState(situation({ keys })).until).toBe(NOW + 5_000);
    const breaker = { state: 'open', since: NOW, until: NOW + 1_000 } as const;
    expect(providerState(situation({ breaker })).until).toBe(NOW + 1_000);
    expect(providerState(situation({ keys: { ...served, total: 0 } })).until).toBeUndefined();
  });

  it('says since when the store is away, where that is all', () => {
    const storeAway = { kind: 'redis', since: NOW - 5_000 };
    expect(providerState(situation({ storeAway })).since).toBe(NOW - 5_000);
    expect(providerState(situation({ storeAway, failures: 2 })).since).toBeUndefined();
  });

  it('says since when nobody calls', () => {
    const at = situation({ calls: 0, lastCallAt: NOW - 90 * MINUTE });
    expect(providerState(at).since).toBe(NOW - 30 * MINUTE);
    expect(providerState({ ...at, lastCallAt: undefined }).since).toBe(at.startedAt);
  });

  it('keeps what callers call their models short, on one line, and names few of them', () => {
    const names = ['x'.repeat(256), 'b\n\u001b[31mred', 'c', 'd', 'e'];
    const keys = { ...served, asked: 5, unserved: names.map((name) => unserved(name)) };
    const { reason } = providerState(situation({ keys }));
    expect(reason).toContain(`${'x'.repeat(59)}…`);
    expect(reason).toContain('and 2 more');
    // eslint-disable-next-line no-control-regex
    expect(reason).not.toMatch(/[\u0000-\u001f]/);
    expect(reason.length).toBeLessThan(300);
  });
});

describe('while removals are doubted', () => {
  const DOUBT = /\. Several keys met one and the same refusal, .* no key is removed for it, and probes decide\.$/;

  it.each<[string, Partial<ProviderSituation>]>([
    ['serving', {}],
    ['idle', { lastCallAt: undefined }],
    ['degraded', { failures: 2, lastFailure: 'invalid_key' }],
    ['failing', { failures: 12, lastFailure: 'invalid_key' }],
    ['no_usable_key', { keys: { total: 3, asked: 1, unserved: [unserved(undefined)], out: {} } }],
  ])('the state stays what it is, %s, and its reason says so', (state, changes) => {
    const plain = providerState(situation(changes));
    const doubted = providerState(situation({ ...changes, removalsDoubted: true }));
    expect(plain.state).toBe(state);
    expect(plain.reason).not.toMatch(DOUBT);
    expect(doubted).toEqual({ ...plain, reason: expect.stringMatching(DOUBT) });
    expect(doubted.reason.startsWith(plain.reason)).toBe(true);
  });
});
