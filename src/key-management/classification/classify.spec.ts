import type { Condition, RuleBook } from '../vendors/contract/rule';
import { OUTCOMES, type Outcome } from '../vendors/contract/outcome';
import { classify, isDoubtableRemoval } from './classify';
import type { VendorError } from './evidence/vendor-error';

const NOW = Date.UTC(2026, 9, 1);
const DAY = 86_400_000;
const HOUR = 3_600_000;

const errorOf = (more: Partial<VendorError> = {}): VendorError => ({
  phase: 'http',
  status: 429,
  httpStatus: 429,
  headers: {},
  codes: [],
  types: [],
  reasons: [],
  vendorStatuses: [],
  quotaIds: [],
  detailCodes: [],
  message: '',
  bodyKind: 'json',
  contentEmitted: false,
  ...more,
});
const bookOf = (outcome: Outcome, ...when: Condition[]): RuleBook => ({
  rules: [{ id: 'R1', when, outcome }],
  statusTable: { 401: 'invalid_key', 429: 'quota_exceeded' },
});
const read = (more: Partial<VendorError>, book: RuleBook, mode: 'evidence' | 'status' = 'evidence') =>
  classify(errorOf(more), book, mode, NOW);

describe('what decided', () => {
  const wait = { ms: 1, source: 'retry-after' } as const;
  it.each<[string, Condition, Partial<VendorError>]>([
    ['code', { on: 'code', oneOf: ['x'] }, { codes: ['y', 'x'] }],
    ['type', { on: 'type', oneOf: ['x'] }, { types: ['y', 'x'] }],
    ['reason', { on: 'reason', oneOf: ['x'] }, { reasons: ['y', 'x'] }],
    ['detail_code', { on: 'detail_code', oneOf: ['x'] }, { detailCodes: ['y', 'x'] }],
    ['gstatus', { on: 'gstatus', oneOf: ['x'] }, { vendorStatuses: ['y', 'x'] }],
    ['quota_id', { on: 'quota_id', pattern: /x/ }, { quotaIds: ['y', 'x'] }],
    ['message', { on: 'message', pattern: /x/ }, { message: 'x' }],
    ['message', { on: 'all_limits_zero' }, { allLimitsZero: true }],
    ['header', { on: 'stated_wait' }, { statedWait: wait }],
    ['body', { on: 'body', is: 'not_json' }, { bodyKind: 'text' }],
    ['body', { on: 'body', is: 'html' }, { bodyKind: 'html' }],
    ['status', { on: 'endpoint', pattern: /x/ }, { endpoint: 'x' }],
    ['status', { on: 'phase', is: 'probe' }, { phase: 'probe' }],
    ['status', { on: 'http_5xx' }, { httpStatus: 500 }],
  ])('is %s (%j)', (decidedBy, condition, evidence) => {
    const book = bookOf('overloaded', condition, { on: 'status', oneOf: [429] });
    expect(read(evidence, book)).toMatchObject({ rule: 'R1', outcome: 'overloaded', decidedBy });
    expect(read({}, book)).toMatchObject({ rule: undefined, outcome: 'quota_exceeded', decidedBy: 'status_default' });
  });

  it('is no sentence of the program’s own, and no missing endpoint, status or lasting reset', () => {
    const none = { status: undefined, httpStatus: undefined };
    const matched = (condition: Condition, more: Partial<VendorError>) => read(more, bookOf('ok', condition)).rule;
    const sentence: Condition = { on: 'message', pattern: /x/ };
    expect(matched(sentence, { ...none, bodyKind: 'none', message: 'x' })).toBeUndefined();
    expect(matched(sentence, { ...none, message: 'x' })).toBe('R1');
    expect(matched({ on: 'endpoint', pattern: /undefined/ }, {})).toBeUndefined();
    expect(matched({ on: 'stated_wait' }, { statedWait: { ms: 1, source: 'reset-header' } })).toBeUndefined();
    expect([499, 500].map((httpStatus) => matched({ on: 'not_5xx' }, { httpStatus }))).toEqual(['R1', undefined]);
  });
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
