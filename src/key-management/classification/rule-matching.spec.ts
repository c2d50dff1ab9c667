import { NO_EVIDENCE } from '../../../test/support/no-evidence';
import type { Condition, EvidenceRule } from '../vendors/contract/rule';
import type { VendorError } from './evidence/vendor-error';
import { allHold, decidedByOf, firstMatch } from './rule-matching';

const rule = (id: string, ...when: Condition[]): EvidenceRule => ({ id, when, outcome: 'rate_limited' });
const holds = (condition: Condition, evidence: Partial<VendorError>): boolean =>
  allHold([condition], { ...NO_EVIDENCE, ...evidence });

describe('a condition of a rule', () => {
  it.each<[Condition, Partial<VendorError>[], Partial<VendorError>[]]>([
    [{ on: 'code', oneOf: ['a', 'b'] }, [{ codes: ['x', 'b'] }], [{ codes: ['x'] }, { types: ['a'] }]],
    [{ on: 'type', oneOf: ['a', 'b'] }, [{ types: ['x', 'b'] }], [{ types: ['x'] }, { codes: ['a'] }]],
    [{ on: 'reason', oneOf: ['a'] }, [{ reasons: ['x', 'a'] }], [{ reasons: ['x'] }, { codes: ['a'] }]],
    [{ on: 'detail_code', oneOf: ['a'] }, [{ detailCodes: ['x', 'a'] }], [{ detailCodes: ['x'] }, { codes: ['a'] }]],
    [{ on: 'gstatus', oneOf: ['a'] }, [{ vendorStatuses: ['x', 'a'] }], [{ vendorStatuses: ['x'] }, { codes: ['a'] }]],
    [{ on: 'quota_id', pattern: /PerDay/ }, [{ quotaIds: ['x', 'RequestsPerDay'] }], [{ quotaIds: ['x'] }, {}]],
    [{ on: 'endpoint', pattern: /files$/ }, [{ endpoint: 'GET /v1/files' }], [{ endpoint: 'GET /v1/models' }]],
    [{ on: 'endpoint', pattern: /undefined/ }, [{ endpoint: 'undefined' }], [{}]],
    [{ on: 'status', oneOf: [402, 429] }, [{ status: 429 }], [{ status: 400 }, { httpStatus: 429 }]],
    [{ on: 'phase', is: 'probe' }, [{ phase: 'probe' }], [{ phase: 'stream' }]],
    [{ on: 'body', is: 'html' }, [{ bodyKind: 'html' }], [{ bodyKind: 'text' }, { bodyKind: 'json' }]],
    [{ on: 'body', is: 'not_json' }, [{ bodyKind: 'html' }, { bodyKind: 'none' }], [{ bodyKind: 'json' }]],
    [{ on: 'http_5xx' }, [{ httpStatus: 500 }, { httpStatus: 599 }], [{ httpStatus: 499 }, { status: 500 }]],
    [{ on: 'not_5xx' }, [{ httpStatus: 499 }, { status: 500 }], [{ httpStatus: 500 }]],
    [
      { on: 'stated_wait' },
      [{ statedWait: { ms: 5, source: 'retry-after' } }],
      [{}, { statedWait: { ms: 5, source: 'reset-header' } }],
    ],
    [{ on: 'edge' }, [{ edge: true }], [{ edge: false }, {}]],
    [{ on: 'all_limits_zero' }, [{ allLimitsZero: true }], [{ allLimitsZero: false }, {}]],
  ])('%j', (condition, met, missed) => {
    for (const evidence of met) expect([evidence, holds(condition, evidence)]).toEqual([evidence, true]);
    for (const evidence of missed) expect([evidence, holds(condition, evidence)]).toEqual([evidence, false]);
  });

  it('reads the message of an answer only: without one it is the program’s own', () => {
    const condition: Condition = { on: 'message', pattern: /denied/ };
    const evidence = { message: 'access denied' };
    expect(holds(condition, { ...evidence, status: 403 })).toBe(true);
    expect(holds(condition, { ...evidence, bodyKind: 'json' })).toBe(true);
    expect(holds(condition, { ...evidence, bodyKind: 'text' })).toBe(false);
    expect(holds(condition, { message: 'slow', status: 403 })).toBe(false);
  });
});

it('matches the first rule of which all conditions hold', () => {
  const rules = [
    rule('both', { on: 'status', oneOf: [429] }, { on: 'edge' }),
    rule('status', { on: 'status', oneOf: [429] }),
    rule('any'),
  ];
  const match = (evidence: Partial<VendorError>): string | undefined =>
    firstMatch(rules, { ...NO_EVIDENCE, ...evidence })?.id;
  expect([match({ status: 429, edge: true }), match({ status: 429 }), match({ edge: true })]).toEqual([
    'both',
    'status',
    'any',
  ]);
  expect(firstMatch(rules.slice(0, 2), NO_EVIDENCE)).toBeUndefined();
});

describe('what decided', () => {
  const CONDITIONS: readonly (readonly [string, Condition])[] = [
    ['code', { on: 'code', oneOf: [] }],
    ['type', { on: 'type', oneOf: [] }],
    ['reason', { on: 'reason', oneOf: [] }],
    ['detail_code', { on: 'detail_code', oneOf: [] }],
    ['gstatus', { on: 'gstatus', oneOf: [] }],
    ['quota_id', { on: 'quota_id', pattern: /x/ }],
    ['message', { on: 'message', pattern: /x/ }],
    ['message', { on: 'all_limits_zero' }],
    ['header', { on: 'stated_wait' }],
    ['body', { on: 'body', is: 'html' }],
    ['body', { on: 'edge' }],
    ['status', { on: 'status', oneOf: [] }],
  ];

  it('is the most specific of a rule’s conditions, whatever their order', () => {
    for (const [at, [kind]] of CONDITIONS.entries()) {
      const rest = CONDITIONS.slice(at).map(([, condition]) => condition);
      expect(decidedByOf(rule('R', ...rest))).toBe(kind);
      expect(decidedByOf(rule('R', ...rest.reverse()))).toBe(kind);
    }
  });

  it('is the status where a rule names nothing else', () => {
    expect(decidedByOf(rule('R', { on: 'phase', is: 'http' }, { on: 'http_5xx' }))).toBe('status');
  });
});
