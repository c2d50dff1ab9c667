import type { KeyEntry } from '../api/types';
import { isFiltered, listKeys, NO_FILTER, type KeyFilter, type Sorting } from './key-list';

const key = (id: string, more: Partial<KeyEntry> = {}): KeyEntry => ({
  id,
  provider: 'openai',
  masked_key: `sk-proj...${id}`,
  label: null,
  status: 'healthy',
  enabled: true,
  weight: 1,
  tier: 0,
  limits: {
    concurrency: null,
    requests_per_minute: null,
    tokens_per_minute: null,
    requests_per_day: null,
    tokens_per_day: null,
  },
  quota_group: null,
  quota_group_from: null,
  models: null,
  persistence: 'stored',
  origin: 'administrator',
  expires_at: null,
  balance: null,
  runs_out_at: null,
  runs_out_between: null,
  budgets: [],
  reason: null,
  cooldown_until: null,
  cooldowns: [],
  recheck_at: null,
  success_rate: 100,
  success_count: 0,
  usage: {
    requests: 0,
    requests_without_usage: 0,
    input_tokens: 0,
    output_tokens: 0,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost_usd: null,
  },
  error_count: 0,
  response_time: null,
  in_flight: 0,
  last_used_at: null,
  last_checked_at: null,
  ...more,
});

const KEYS = [
  key('a', { status: 'disabled', success_count: 10, response_time: 2 }),
  key('b', { status: 'invalid_key', reason: 'Incorrect API key', recheck_at: '2026-11-01T12:00:00Z' }),
  key('c', {
    provider: 'google',
    label: 'team-mail',
    success_count: 3,
    error_count: 1,
    success_rate: 75,
    response_time: 1,
  }),
  key('d', { status: 'rate_limited', cooldown_until: '2026-11-01T11:00:00Z' }),
];
const BY_KEY: Sorting = { field: 'key', descending: false };
const ids = (filter: Partial<KeyFilter>, sorting = BY_KEY): string[] =>
  listKeys(KEYS, { ...NO_FILTER, ...filter }, sorting).map(({ id }) => id);

describe('filtering', () => {
  it.each<[Partial<KeyFilter>, string[]]>([
    [{}, ['c', 'a', 'b', 'd']],
    [{ provider: 'google' }, ['c']],
    [{ status: 'rate_limited' }, ['d']],
    [{ status: 'removed' }, ['a', 'b']],
    [{ status: 'cooling_down' }, ['d']],
    [{ search: 'TEAM' }, ['c']],
    [{ search: 'incorrect openai' }, ['b']],
    [{ search: 'nothing' }, []],
  ])('%j', (filter, expected) => expect(ids(filter)).toEqual(expected));

  it('knows when it hides something', () => {
    expect([
      isFiltered(NO_FILTER),
      isFiltered({ ...NO_FILTER, search: ' ' }),
      isFiltered({ ...NO_FILTER, search: 'x' }),
    ]).toEqual([false, false, true]);
  });
});

describe('sorting', () => {
  it.each<[Sorting, string[]]>([
    [{ field: 'status', descending: true }, ['b', 'd', 'a', 'c']],
    [{ field: 'next', descending: false }, ['d', 'b', 'a', 'c']],
    [{ field: 'next', descending: true }, ['b', 'd', 'a', 'c']],
    [{ field: 'success', descending: false }, ['c', 'a', 'b', 'd']],
    [{ field: 'response', descending: true }, ['a', 'c', 'b', 'd']],
  ])('%j, keys without a value last', (sorting, expected) => expect(ids({}, sorting)).toEqual(expected));
});

it('F7: sorts keys that cool down, also for one model, before healthy ones', () => {
  const keys = [
    key('a'),
    key('b', { cooldowns: [{ model: 'gpt-5', until: '2026-11-01T12:00:00Z', outcome: 'rate_limited' }] }),
    key('c', { status: 'rate_limited' }),
    key('d', { status: 'disabled' }),
  ];
  const sorted = listKeys(keys, NO_FILTER, { field: 'status', descending: true });
  expect(sorted.map(({ id }) => id)).toEqual(['c', 'b', 'd', 'a']);
});
