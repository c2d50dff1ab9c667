import { keyText, TestPool } from '../../../test/support/pool';
import type { RateLimitReading } from '../vendors/contract/rate-limits';
import { ApiKey, keyIdOf } from './key/api-key';
import type { KeySettings } from './key/key-input';
import { KeyRoute } from './key/key-route';
import type { KeyRecord } from './key/key-record';
import type { PoolLease } from './key-lease';
import type { RateLimitProfile } from './limits/rate-limiter';
import type { SettledOutcome } from './state/settlement';

const ORG = 'org-1';
const S = 1_000;

/** A pool whose vendor names the account in a header, and limits requests as each answer is told to say. */
class Accounts extends TestPool {
  readings: readonly RateLimitReading[] = [];

  constructor(profile: Partial<RateLimitProfile> = {}) {
    super();
    this.pool.accounts.profile = () => ({
      limitKind: 'token_bucket',
      rateLimitScope: 'key_model',
      readRateLimits: () => this.readings,
      accountHeaders: ['organization'],
      accountInText: [/ in organization (org-\w+)/],
      ...profile,
    });
  }

  only(record: KeyRecord, model?: string): PoolLease | undefined {
    const others = [...this.pool.records()].filter((other) => other !== record);
    return this.pool.lease({ model, exclude: new Set(others.map(({ id }) => id)) });
  }

  /** A call with this key, whose good answer names the account and says how many of so many requests are left. */
  answered(record: KeyRecord, organization: string | undefined, remaining?: number, limit = 600): void {
    const lease = this.only(record)!;
    this.clock.skip(1);
    this.readings =
      remaining === undefined
        ? []
        : [{ dimension: 'requests', limit, remaining, resetMs: ((limit - remaining) * 60 * S) / limit }];
    lease.answered({ get: (name) => (name === 'organization' ? (organization ?? null) : null) });
    lease.settle('ok');
    this.clock.skip(1);
  }

  refused(record: KeyRecord, said: SettledOutcome, model?: string): void {
    this.only(record, model)!.settle(said);
  }

  accountOf(record: KeyRecord): readonly (string | undefined)[] {
    const { quotaGroup, quotaGroupFrom } = this.pool.snapshot(record);
    return [quotaGroup, quotaGroupFrom];
  }
}

const pair = (test: Accounts, input?: KeySettings): [KeyRecord, KeyRecord] => [test.add(1, input), test.add(2, input)];

describe('keys whose answers name the same account', () => {
  it('share it, and what is left of its limits', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    test.answered(a, ORG, 2);
    expect(test.accountOf(b)).toEqual([undefined, undefined]);
    test.answered(b, ORG, 1);
    expect([a, b].map((key) => test.accountOf(key))).toEqual([
      [ORG, 'discovered'],
      [ORG, 'discovered'],
    ]);
    expect([test.only(a), test.only(b)].map((lease) => lease !== undefined)).toEqual([true, false]);
  });

  it('share it where only a refusal names it', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    for (const key of [a, b])
      test.refused(key, {
        outcome: 'rate_limited',
        reason: 'Rate limit reached for x in organization org-1 on requests',
      });
    expect([a, b].map((key) => test.accountOf(key))).toEqual([
      [ORG, 'discovered'],
      [ORG, 'discovered'],
    ]);
  });

  it('share it where the details of a refusal name it, also one for want of quota', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    test.refused(a, { outcome: 'rate_limited', account: '4711' });
    test.refused(b, { outcome: 'quota_exceeded', account: '4711' });
    expect([a, b].map((key) => test.accountOf(key)[0])).toEqual(['4711', '4711']);
  });

  it('share it where the host names it: of the key, or else of the provider', () => {
    const accountInHost = /^([\w-]+)\.openai\.azure\.com$/;
    const test = new Accounts({ accountInHost, baseUrl: 'https://shared.openai.azure.com', accountHeaders: [] });
    const [a, b] = pair(test);
    const own = test.add(3, { route: new KeyRoute('https://own.openai.azure.com/openai') });
    for (const key of [a, b, own]) test.answered(key, undefined);
    expect([a, b, own].map((key) => test.accountOf(key)[0])).toEqual(['shared', 'shared', 'own']);
  });

  it('do not share it where they state different limits', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    test.answered(a, ORG, 599);
    test.answered(b, ORG, 59, 60);
    expect(test.accountOf(b)).toEqual([undefined, undefined]);
  });

  it('share nothing where another is named', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    test.answered(a, 'org-1', 2);
    test.answered(b, 'org-2', 2);
    expect([a, b].map((key) => test.accountOf(key)[0])).toEqual(['org-1', 'org-2']);
  });

  it('stay together while the use of one shows in what is left for the other', () => {
    const test = new Accounts();
    const keys = pair(test);
    for (let left = 599; left > 560; left -= 1) test.answered(keys[left % 2]!, ORG, left);
    expect(keys.map((key) => test.accountOf(key)[0])).toEqual([ORG, ORG]);
  });

  it('are split for good where the use of one never shows in what is left for the other', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    for (const key of [a, b]) test.answered(key, ORG, 599);
    for (let round = 0; round < 3; round += 1) {
      const slow = Array.from({ length: 20 }, () => test.only(a)!);
      test.clock.skip(200);
      test.answered(b, ORG, 599);
      for (const lease of slow) lease.settle('ok');
    }
    expect([a, b].map((key) => test.accountOf(key)[0])).toEqual([ORG, undefined]);
    expect(test.pool.accounts.found(b)).toEqual({ isApart: true });
    test.answered(b, ORG, 500);
    expect(test.accountOf(b)).toEqual([undefined, undefined]);
    // Each has its own: what the one has used up, the other still has.
    test.answered(a, ORG, 0);
    expect([a, b].map((key) => test.only(key) !== undefined)).toEqual([false, true]);
  });
});

describe('whoever knows better', () => {
  it('says so by a quota group, which no answer changes', () => {
    const test = new Accounts();
    const a = test.add(1, { quotaGroup: 'mine' });
    const b = test.add(2, { quotaGroup: 'other' });
    for (const key of [a, b, a, b]) test.answered(key, ORG, 500);
    expect([a, b].map((key) => test.accountOf(key))).toEqual([
      ['mine', 'declared'],
      ['other', 'declared'],
    ]);
  });

  it('switches discovery off, also for what is known already', () => {
    const test = new Accounts();
    const [a, b] = pair(test);
    for (const key of [a, b]) test.answered(key, ORG, 500);
    test.pool.accounts.discovers = false;
    for (const key of [a, b]) test.answered(key, ORG, 500);
    expect([a, b].map((key) => test.accountOf(key)[0])).toEqual([undefined, undefined]);
    test.answered(a, ORG, 0);
    expect(test.only(b)).toBeDefined();
  });

  it('replaces a token, whose account may be another', () => {
    const test = new Accounts();
    const named = test.pool.add(new ApiKey(keyText(3), keyIdOf(keyText(9))), {}, 'runtime', 'administrator');
    test.pool.leaseForProbe(named).settle('ok');
    test.answered(named, ORG, 500);
    test.pool.replaceKey(named, new ApiKey(keyText(4), named.id), 'administrator');
    expect(test.accountOf(named)).toEqual([undefined, undefined]);
  });
});

describe.each(['declared', 'discovered'] as const)('a %s account', (from) => {
  const sharing = (test: Accounts): [KeyRecord, KeyRecord] => {
    const keys = pair(test, from === 'declared' ? { quotaGroup: ORG } : {});
    if (from === 'discovered') for (const key of keys) test.answered(key, ORG);
    return keys;
  };

  it('cools down as one for the model that a rate limit is of', () => {
    const test = new Accounts();
    const [a, b] = sharing(test);
    test.refused(a, { outcome: 'rate_limited', retryAfterMs: 5 * S }, 'x');
    expect(['x', 'y'].map((model) => test.only(b, model) !== undefined)).toEqual([false, true]);
    test.clock.skip(5 * S);
    expect(test.only(b, 'x')).toBeDefined();
  });

  it('cools down as one for all models, where no model is known', () => {
    const test = new Accounts();
    const [a, b] = sharing(test);
    test.refused(a, { outcome: 'rate_limited', retryAfterMs: 5 * S });
    expect(test.pool.snapshot(b).status).toBe('rate_limited');
    expect(['x', undefined].map((model) => test.only(b, model))).toEqual([undefined, undefined]);
  });

  it('cools down as one for all models, where the vendor counts them together', () => {
    const test = new Accounts({ rateLimitScope: 'key' });
    const [a, b] = sharing(test);
    test.refused(a, { outcome: 'rate_limited', retryAfterMs: 5 * S }, 'x');
    expect([a, b].map((key) => test.pool.snapshot(key).status)).toEqual(['rate_limited', 'rate_limited']);
    expect(test.only(b, 'y')).toBeUndefined();
  });

  it('has its other keys probed, once each, where one was removed for want of quota: no call tries them', () => {
    const test = new Accounts();
    const [a, b] = sharing(test);
    const c = test.add(3);
    test.refused(a, { outcome: 'quota_exceeded', decidedBy: 'code' });
    expect([a, b, c].map((key) => test.pool.snapshot(key).status)).toEqual([
      'quota_exceeded',
      'cooling_down',
      'healthy',
    ]);
    expect(test.probesWanted).toEqual([b]);
    expect(test.only(b)).toBeUndefined();
    test.pool.leaseForProbe(b).settle({ outcome: 'quota_exceeded', decidedBy: 'code' });
    expect(test.pool.snapshot(b).status).toBe('quota_exceeded');
    expect(test.probesWanted).toEqual([b]);
  });

  it('keeps its other keys where the probe finds them well', () => {
    const test = new Accounts();
    const [a, b] = sharing(test);
    test.refused(a, { outcome: 'quota_exceeded', decidedBy: 'code' });
    test.pool.leaseForProbe(b).settle({ outcome: 'ok', proven: 'deep' });
    expect(test.only(b)).toBeDefined();
  });

  it('has none of its keys probed where only the status asks for the removal', () => {
    const test = new Accounts();
    const [a, b] = sharing(test);
    test.refused(a, { outcome: 'quota_exceeded', decidedBy: 'status_default', tableOnly: true });
    expect(test.pool.snapshot(b).status).toBe('healthy');
    expect(test.probesWanted).toEqual([]);
  });
});
