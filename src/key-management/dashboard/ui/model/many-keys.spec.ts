import type { KeyEntry } from '../api/types';
import { bulkChunks, outcomeCounts, outcomeOf, sortedOutcomes, whoseKeys } from './bulk';
import { keysAsCsv, keysAsJson } from './export-keys';
import { facetsOf, isFiltered, listKeys, NO_FILTER } from './key-list';
import { filterFrom, filterQuery, groupingFrom, keyNamed, partsOfName } from './key-query';
import { noteVendors } from './provider-names';
import { rowLayout, standingWords, tableRows } from './key-rows';

const key = (id: string, more: Partial<KeyEntry> = {}): KeyEntry =>
  ({
    ...{ id, provider: 'openai', masked_key: `sk-1...${id}`, label: null, status: 'healthy', reason: null },
    ...{ quota_group: null, origin: 'options', weight: 1, tier: 0, success_count: 3, error_count: 0, cooldowns: [] },
    usage: { input_tokens: 10, output_tokens: 5, cost_usd: null },
    ...{ cooldown_until: null, recheck_at: null, expires_at: null, runs_out_at: null, runs_out_between: null },
    ...{ last_used_at: null, last_checked_at: null },
    ...more,
  }) as KeyEntry;

const parameterOf =
  (query: string) =>
  (name: string): string | undefined =>
    new URLSearchParams(query).get(name) ?? undefined;

describe('the filter in the address', () => {
  it.each([
    '',
    'provider=openai&status=removed',
    'q=team a',
    'label=&account=org-1',
    'label=team & co&status=quota_exceeded',
  ])('reads what it wrote: %s', (query) => {
    const filter = filterFrom(parameterOf(query));
    const written = Object.entries(filterQuery(filter)).filter(([, value]) => value !== undefined);
    expect(filterFrom(parameterOf(new URLSearchParams(written as [string, string][]).toString()))).toEqual(filter);
  });

  it('is none where the address says none, or nonsense', () => {
    expect(filterFrom(parameterOf('status=well&window=1h'))).toEqual(NO_FILTER);
    expect(Object.values(filterQuery(NO_FILTER)).every((value) => value === undefined)).toBe(true);
    expect(groupingFrom(parameterOf('group=account'))).toBe('account');
    expect(groupingFrom(parameterOf('group=x'))).toBe('none');
  });

  it('takes labels and accounts to the letter, and no label for one', () => {
    const keys = [key('1', { label: 'team' }), key('2', { label: 'team-a' }), key('3', { quota_group: 'org' })];
    const ids = (more: Partial<typeof NO_FILTER>): string[] =>
      listKeys(keys, { ...NO_FILTER, ...more }, { field: 'key', descending: false }).map(({ id }) => id);
    expect(ids({ label: 'team' })).toEqual(['1']);
    expect(ids({ label: '' })).toEqual(['3']);
    expect(ids({ account: 'org' })).toEqual(['3']);
    expect(isFiltered({ ...NO_FILTER, label: '' })).toBe(true);
    expect(facetsOf(keys)).toEqual({ labels: ['team', 'team-a'], accounts: ['org'] });
  });

  it.each([undefined, '', 'openai', 'a/b/c', `${'a'.repeat(65)}/b`, 'a b/c'])('opens no key for %j', (name) => {
    expect(keyNamed(name)).toBeUndefined();
  });
  it('opens a key by provider and id', () => {
    expect(partsOfName(keyNamed('openai/team-a.1')!)).toEqual({ provider: 'openai', id: 'team-a.1' });
  });
});

describe('rows of the table', () => {
  const keys = [
    key('1', { quota_group: 'org-2' }),
    key('2', { status: 'invalid_key' }),
    key('3', { quota_group: 'org-1' }),
    key('4', { quota_group: 'org-1', status: 'rate_limited' }),
  ];
  const said = (grouping: 'none' | 'account' | 'status'): string[] =>
    tableRows(keys, grouping).map((row) => (row.kind === 'key' ? row.key.id : row.title));

  it('stand under headings, as it is chosen', () => {
    expect(said('none')).toEqual(['1', '2', '3', '4']);
    expect(said('account')).toEqual(['Account org-1', '3', '4', 'Account org-2', '1', 'No account known', '2']);
    expect(said('status')).toEqual(['Invalid', '2', 'Rate limited', '4', 'Healthy', '1', '3']);
    expect(standingWords(keys)).toBe('2 healthy, 1 cooling down, 1 removed');
  });

  it('are found by their height, with headings and without', () => {
    const even = rowLayout(5, 60, 34);
    expect([even.height, even.topOf(3), even.indexAt(179), even.indexAt(180), even.indexAt(9_999)]).toEqual([
      300, 180, 2, 3, 4,
    ]);
    const headed = rowLayout(4, 60, 34, [true, false, true, false]);
    expect([headed.height, headed.topOf(2), headed.topOf(4)]).toEqual([188, 94, 188]);
    expect([0, 33, 34, 93, 94, 128, 9_999].map((y) => headed.indexAt(y))).toEqual([0, 0, 1, 1, 2, 3, 3]);
    expect(rowLayout(0, 60, 34, []).indexAt(100)).toBe(0);
  });
});

describe('an act on many keys', () => {
  const many = [...Array.from({ length: 501 }, (_, n) => key(String(n))), key('x', { provider: 'anthropic' })];

  it('goes in requests of one provider each', () => {
    const sizes = bulkChunks(many, 'disable').map(({ provider, keys }) => [provider, keys.length]);
    expect(sizes).toEqual([
      ['openai', 500],
      ['openai', 1],
      ['anthropic', 1],
    ]);
    expect(bulkChunks(many, 'check')[0]!.keys).toHaveLength(40);
    noteVendors({ openai: { name: 'openai', label: 'OpenAI' }, anthropic: { name: 'anthropic', label: 'Anthropic' } });
    expect(whoseKeys(many)).toBe('501 keys of OpenAI and 1 key of Anthropic');
  });

  it('says of each key what became of it, what needs a look first', () => {
    const result = { id: '1', place: 0, masked_key: 'sk-1...1', reason: null, outcome: null } as const;
    const outcomes = [
      outcomeOf(key('1'), 'disable', { ...result, result: 'changed', status: 'disabled' }),
      outcomeOf(key('2'), 'check', { ...result, result: 'checked', status: 'healthy', outcome: 'ok' }),
      outcomeOf(key('3'), 'check', {
        ...{ ...result, result: 'checked', status: 'invalid_key', outcome: 'invalid_key' },
        reason: 'Incorrect API key provided',
      }),
      outcomeOf(key('4'), 'enable', { ...result, result: 'unchanged', status: 'healthy' }),
      outcomeOf(key('5'), 'delete', { ...result, result: 'not_found', status: null }),
      outcomeOf(key('6'), 'delete', undefined),
    ];
    expect(outcomes.map(({ word }) => word)).toEqual([
      ...['Disabled', 'Healthy', 'Invalid', 'Was so already', 'Not there any more', 'Not said'],
    ]);
    expect(outcomes[2]!.detail).toBe('Incorrect API key provided');
    expect(sortedOutcomes(outcomes).map(({ id }) => id)).toEqual(['1', '3', '4', '5', '6', '2']);
    expect(outcomeCounts(outcomes.slice(0, 2).concat(outcomes[1]!))).toBe('2 healthy, 1 disabled');
  });
});

describe('an export', () => {
  const keys = [key('1', { label: '=HYPERLINK("http://x")', reason: 'a, "b"\nc' })];

  it('is CSV without formulas, and what is not known is empty', () => {
    const [head, ...lines] = keysAsCsv(keys).split('\r\n');
    expect(head!.split(',').slice(0, 5)).toEqual(['provider', 'id', 'masked_key', 'label', 'status']);
    expect(lines[0]).toMatch(/^openai,1,sk-1\.\.\.1,"'=HYPERLINK\(""http:\/\/x""\)",healthy,"a, ""b""\nc",,/);
    expect(lines[0]).toContain(',10,5,,0,');
  });

  it('is JSON that can be read', () => {
    expect(JSON.parse(keysAsJson(keys))).toEqual([
      expect.objectContaining({ id: '1', cost_usd: null, label: '=HYPERLINK("http://x")' }),
    ]);
  });
});
