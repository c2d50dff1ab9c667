import { NO_EVIDENCE } from '../../../test/support/no-evidence';
import type { Condition, EvidenceRule, RuleBook } from '../vendors/contract/rule';
import { OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import { classify, isDoubtableRemoval, isTableOnlyRemoval } from './classify';
import type { VendorError } from './evidence/vendor-error';

const NOW = Date.UTC(2026, 9, 1);
const DAY = 86_400_000;
const HOUR = 3_600_000;

const errorOf = (more: Partial<VendorError> = {}): VendorError => ({
  ...NO_EVIDENCE,
  status: 429,
  httpStatus: 429,
  bodyKind: 'json',
  ...more,
});
const bookOf = (outcome: Outcome, ...when: Condition[]): RuleBook => ({
  rules: [{ id: 'R1', when, outcome }],
  statusTable: { 401: 'invalid_key', 429: 'quota_exceeded' },
});
const read = (more: Partial<VendorError>, book: RuleBook, mode: 'evidence' | 'status' = 'evidence') =>
  classify(errorOf(more), book, mode, NOW);

it('is decided by the rule that matches, and by the table where none does', () => {
  const book = bookOf('overloaded', { on: 'code', oneOf: ['x'] }, { on: 'status', oneOf: [429] });
  expect(read({ codes: ['x'] }, book)).toMatchObject({ rule: 'R1', outcome: 'overloaded', decidedBy: 'code' });
  expect(read({}, book)).toMatchObject({ rule: undefined, outcome: 'quota_exceeded', decidedBy: 'status_default' });
});

describe('a removal that only the table asks for', () => {
  const book = bookOf('invalid_key', { on: 'code', oneOf: ['x'] });
  const is401 = { status: 401, httpStatus: 401 };
  const marked = (more: Partial<VendorError>, mode?: 'evidence' | 'status') => {
    const failure = read({ ...is401, ...more }, book, mode);
    return [failure.outcome, failure.tableOnly, isDoubtableRemoval(failure)];
  };

  it('is marked, so that it may be doubted', () => {
    expect(marked({})).toEqual(['invalid_key', true, true]);
    expect(marked({ status: 429 })).toEqual(['quota_exceeded', true, true]);
  });

  it('is not marked where a rule asks for it too, where the table is all that is asked for, or where nothing is removed', () => {
    expect(marked({ codes: ['x'] })).toEqual(['invalid_key', undefined, false]);
    expect(marked({}, 'status')).toEqual(['invalid_key', undefined, false]);
    expect(marked({ status: 418 })).toEqual(['unknown', undefined, false]);
  });

  it('is marked where a rule looks at a 401 and at nothing in it', () => {
    const bare = (outcome: Outcome, ...when: Condition[]) => {
      const failure = read(is401, bookOf(outcome, ...when));
      return [failure.rule, failure.decidedBy, failure.tableOnly];
    };
    expect(bare('invalid_key', { on: 'status', oneOf: [401] })).toEqual(['R1', 'status', true]);
    expect(bare('quota_exceeded', { on: 'status', oneOf: [401] })).toEqual(['R1', 'status', undefined]);
    expect(bare('permission_denied', { on: 'status', oneOf: [401] })).toEqual(['R1', 'status', undefined]);
    expect(bare('invalid_key', { on: 'body', is: 'html' })).toEqual([undefined, 'status_default', true]);
    const own = bookOf('invalid_key', { on: 'status', oneOf: [403] });
    const { outcome, tableOnly } = read({ status: 403, httpStatus: 403 }, own);
    expect([outcome, tableOnly]).toEqual(['invalid_key', undefined]);
    const kept: RuleBook = { ...own, rules: [{ ...bookOf('invalid_key').rules[0]!, keyAction: 'cool_down' }] };
    expect(read(is401, kept).tableOnly).toBeUndefined();
  });

  it('is none where a checker of the user’s own keeps the key', () => {
    expect(isDoubtableRemoval({ ...read(is401, book), keyAction: 'cool_down' })).toBe(false);
  });
});

const always: Condition = { on: 'status', oneOf: [429] };

describe('the reason', () => {
  const none: RuleBook = { rules: [], statusTable: {} };
  it.each<[string, Partial<VendorError>, string]>([
    ['the most exact word and the sentence', { reasons: ['R'], detailCodes: ['D'], message: 'no' }, 'R: no'],
    ['a detail before a code', { detailCodes: ['D'], codes: ['C'] }, 'D'],
    ['a code before a type', { codes: ['C'], types: ['T'] }, 'C'],
    ['a type before a status', { types: ['T'], vendorStatuses: ['S'] }, 'T'],
    ['a status', { vendorStatuses: ['S'] }, 'S'],
    ['the sentence alone', { message: 'no' }, 'no'],
    ['the HTTP status', {}, 'HTTP 429'],
    ['the outcome', { status: undefined }, 'unknown'],
  ])('is %s', (_, evidence, reason) => {
    expect(read(evidence, none).reason).toBe(reason);
  });
});

describe('a stated wait, date and model', () => {
  const of = (more: Partial<VendorError>) =>
    OUTCOMES.map((outcome) => [outcome, read(more, bookOf(outcome, always))] as const);
  const having = (more: Partial<VendorError>, field: 'retryAfterMs' | 'notBefore' | 'model') =>
    of(more).flatMap(([outcome, verdict]) => (verdict[field] === undefined ? [] : [outcome]));

  it('mean something where coming back helps, or one model may be meant', () => {
    const waitable = ['quota_exceeded', 'rate_limited', 'overloaded', 'server_error', 'timeout', 'unknown'];
    expect(having({ statedWait: { ms: 5, source: 'message' } }, 'retryAfterMs')).toEqual(waitable);
    expect(having({ statedWait: { ms: 5, source: 'reset-header' } }, 'retryAfterMs')).toEqual(['rate_limited']);
    expect(having({ notBefore: new Date(NOW + DAY) }, 'notBefore')).toEqual(['quota_exceeded', 'rate_limited']);
    expect(having({ namedModel: 'm' }, 'model')).toEqual(['rate_limited', 'model_unavailable', 'permission_denied']);
  });

  it('grow from an hour to a day for a refused permission', () => {
    const verdict = read({}, bookOf('permission_denied', always));
    expect(verdict).toMatchObject({ cooldownMs: HOUR, cooldownMaxMs: 24 * HOUR });
    expect(read({}, bookOf('rate_limited', always)).cooldownMs).toBeUndefined();
  });
});

describe('what decides', () => {
  const table: RuleBook = { rules: [], statusTable: { 200: 'invalid_key', 401: 'invalid_key', 503: 'overloaded' } };
  const decided = (more: Partial<VendorError>, mode?: 'evidence' | 'status', book = table) => {
    const { outcome, decidedBy } = read(more, book, mode);
    return [outcome, decidedBy];
  };
  const seen = (status: number | undefined, httpStatus = status) => ({ status, httpStatus });

  it.each(['evidence', 'status'] as const)('is the transport where no answer came (mode %s)', (mode) => {
    const broken = { transport: 'network_error' } as const;
    const rule = bookOf('overloaded', { on: 'body', is: 'not_json' });
    expect(decided({ ...broken, ...seen(undefined) }, mode)).toEqual(['network_error', 'transport']);
    expect(decided({ ...broken, ...seen(undefined), bodyKind: 'none' }, mode, rule)).toEqual([
      'network_error',
      'transport',
    ]);
    expect(decided({ ...broken, ...seen(401) }, mode)).toEqual(['invalid_key', 'status_default']);
    expect(decided(seen(undefined), mode)).toEqual(['unknown', 'status_default']);
  });

  it.each(['evidence', 'status'] as const)('is no row of the table for an answer that is good (mode %s)', (mode) => {
    expect(decided(seen(200), mode)).toEqual(['ok', 'status']);
    expect(decided(seen(299), mode)).toEqual(['ok', 'status']);
    expect(decided(seen(199), mode)).toEqual(['unknown', 'status_default']);
    expect(decided(seen(300), mode)).toEqual(['unknown', 'status_default']);
  });

  it('is neither rule nor table for a good answer, whatever its words', () => {
    expect(decided(seen(200), 'evidence', bookOf('overloaded', { on: 'status', oneOf: [200] }))).toEqual([
      'ok',
      'status',
    ]);
  });

  it('is a rule before the table, and the table alone in mode status', () => {
    const book = bookOf('overloaded', { on: 'status', oneOf: [401] });
    expect(decided(seen(401), 'evidence', book)).toEqual(['overloaded', 'status']);
    expect(decided(seen(401), 'status', book)).toEqual(['invalid_key', 'status_default']);
  });

  it('in mode status is what the wire showed, and for an event in a stream never the status that the event stands for', () => {
    expect(decided(seen(401, 503), 'status')).toEqual(['overloaded', 'status_default']);
    expect(decided({ status: 401, httpStatus: undefined }, 'status')).toEqual(['invalid_key', 'status_default']);
    expect(decided({ ...seen(401, 200), phase: 'stream' }, 'status')).toEqual(['unknown', 'status_default']);
    const event = { status: 401, httpStatus: undefined, phase: 'stream' } as const;
    expect(decided(event, 'status')).toEqual(['unknown', 'status_default']);
    expect(decided(event)).toEqual(['invalid_key', 'status_default']);
  });
});

describe('isTableOnlyRemoval', () => {
  it('is true of a removal that the table decided, and of nothing else', () => {
    const decidedBy = 'status_default';
    expect(isTableOnlyRemoval({ outcome: 'invalid_key', decidedBy })).toBe(true);
    expect(isTableOnlyRemoval({ outcome: 'unknown', keyAction: 'remove', decidedBy })).toBe(true);
    expect(isTableOnlyRemoval({ outcome: 'invalid_key', keyAction: 'keep', decidedBy })).toBe(false);
    expect(isTableOnlyRemoval({ outcome: 'rate_limited', decidedBy })).toBe(false);
    expect(isTableOnlyRemoval({ outcome: 'invalid_key', decidedBy: 'code' })).toBe(false);
  });

  it('is doubtable only where the vendor’s own table was asked after its rules', () => {
    expect(isDoubtableRemoval({ outcome: 'invalid_key', tableOnly: true })).toBe(true);
    expect(isDoubtableRemoval({ outcome: 'invalid_key' })).toBe(false);
    expect(isDoubtableRemoval({ outcome: 'rate_limited', tableOnly: true })).toBe(false);
  });
});

describe('the consequences', () => {
  const ruled = (rule: Partial<EvidenceRule>, more: Partial<VendorError> = {}) =>
    read(more, { rules: [{ id: 'R1', when: [always], outcome: 'rate_limited', ...rule }], statusTable: {} });

  it('are those of the outcome where the rule states none', () => {
    expect(ruled({})).toEqual({
      outcome: 'rate_limited',
      keyAction: 'cool_down',
      scope: 'key_model',
      retry: 'other_key',
      reason: 'HTTP 429',
      decidedBy: 'status',
      rule: 'R1',
      status: 429,
    });
  });

  it('are the rule’s own where it states them', () => {
    const own = { keyAction: 'remove', scope: 'key', retry: 'none', cooldownMs: 5, cooldownMaxMs: 9 } as const;
    const rule = { ...own, escalateOnRepeat: 'midnight_pacific' } as const;
    expect(ruled(rule)).toMatchObject(rule);
    expect(ruled({ ...rule, keyAction: 'cool_down', outcome: 'permission_denied' })).toMatchObject({
      cooldownMs: 5,
      cooldownMaxMs: 9,
    });
  });

  it('of a refused permission that keeps or removes the key are no cooldown', () => {
    for (const keyAction of ['keep', 'remove'] as const) {
      const { cooldownMs, cooldownMaxMs } = ruled({ outcome: 'permission_denied', keyAction });
      expect([cooldownMs, cooldownMaxMs]).toEqual([undefined, undefined]);
    }
  });

  it('are no retry once the caller was given content', () => {
    expect(ruled({ retry: 'same_key' }, { contentEmitted: true }).retry).toBe('none');
    expect(ruled({ retry: 'same_key' }).retry).toBe('same_key');
  });

  it('of a good answer have no reason', () => {
    expect(
      read({ status: 200, httpStatus: 200, message: 'fine' }, { rules: [], statusTable: {} }).reason,
    ).toBeUndefined();
  });

  it('keep to a stated date up to 400 days away, and to none for a key that stays', () => {
    const at = (ms: number) => new Date(NOW + ms);
    const dateOf = (notBefore: Date, rule: Partial<EvidenceRule> = {}) => ruled(rule, { notBefore }).notBefore;
    expect(dateOf(at(400 * DAY))).toEqual(at(400 * DAY));
    expect(dateOf(at(400 * DAY + 1))).toBeUndefined();
    expect(dateOf(at(DAY), { outcome: 'overloaded', keyAction: 'cool_down' })).toEqual(at(DAY));
    expect(dateOf(at(DAY), { keyAction: 'keep' })).toBeUndefined();
    expect(dateOf(at(DAY), { outcome: 'invalid_key' })).toBeUndefined();
  });
});

describe('a long reason', () => {
  it('is cut, and joins its parts with a colon', () => {
    const none: RuleBook = { rules: [], statusTable: {} };
    expect(read({ message: 'word '.repeat(100) }, none).reason!.length).toBeLessThanOrEqual(200);
    expect(read({ codes: [''], message: 'no' }, none).reason).toBe('no');
  });
});
