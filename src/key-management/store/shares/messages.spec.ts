import type { Json } from '../port/key-store';
import {
  grantJson,
  isLater,
  readGrant,
  readLeadership,
  readReport,
  reportJson,
  type Grant,
  type Report,
} from './messages';

const claim = { wanted: 1.5, holds: 0.25, bound: 0.2, least: 0.05, own: 1, emptied: 0.1, refillMs: 60_000 };
const report: Report = {
  term: 3,
  leader: 'a',
  sequence: 7,
  seen: 4,
  isFallback: false,
  claims: new Map([['key:__proto__', claim]]),
};
const grant: Grant = {
  term: 3,
  leader: 'a',
  number: 5,
  answers: 7,
  lastsMs: 4_000,
  parts: new Map([['key:1', { fraction: 1 / 3, level: 1 }]]),
};
const stored = (value: Json): Json => JSON.parse(JSON.stringify(value)) as Json;

describe('messages about shared limits', () => {
  it('come out of the store as they went in', () => {
    expect(readReport(stored(reportJson(report)))).toEqual(report);
    expect(readGrant(stored(grantJson(grant)))).toEqual(grant);
  });

  it('name no account where a store leaves out empty lists', () => {
    const { parts: _, ...others } = grantJson(grant) as Record<string, Json>;
    expect(readGrant(others)?.parts.size).toBe(0);
  });

  it.each<Json>([
    null,
    1,
    'text',
    [],
    {},
    { term: -1, leader: 'a' },
    { term: 1, leader: 2 },
    { ...(grantJson(grant) as object), parts: [['key:1', 2, 1]] },
    { ...(grantJson(grant) as object), parts: [['key:1', null, 1]] },
    { ...(grantJson(grant) as object), parts: [[1, 0.5, 1]] },
    { ...(grantJson(grant) as object), parts: 'none' },
    { ...(reportJson(report) as object), claims: [['key:1', 1, 0, 0, 0, 1, 0, 0]] },
    { ...(reportJson(report) as object), claims: [['key:1', 1]] },
    { ...(reportJson(report) as object), sequence: 1.5 },
  ])('are nothing where they make no sense: %j', (value) => {
    expect([readGrant(value), readReport(value)]).toEqual([undefined, undefined]);
  });

  it('tell the later of two leaders', () => {
    expect(isLater({ term: 2, leader: 'a' }, { term: 1, leader: 'b' })).toBe(true);
    expect(isLater({ term: 1, leader: 'b' }, { term: 1, leader: 'a' })).toBe(true);
    expect(isLater({ term: 1, leader: 'a' }, { term: 1, leader: 'a' })).toBe(false);
    expect(readLeadership({ term: 1, leader: 'a' })).toEqual({ term: 1, leader: 'a' });
  });
});
