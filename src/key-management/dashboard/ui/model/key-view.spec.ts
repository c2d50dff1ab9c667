import type { KeyEntry, LogEvent } from '../api/types';
import { filterEvents } from './feed-filter';
import { groupEvents, isSummedUp } from './group-events';
import { budgetProblem, budgetRow, budgetsIn, NEW_BUDGET, type BudgetRow } from './budget-form';
import { fieldNamed, keyChanges, keyTexts } from './key-form';
import { stateHistory } from './state-history';

const NO_LIMITS = {
  ...{ concurrency: null, requests_per_minute: null, tokens_per_minute: null },
  ...{ requests_per_day: null, tokens_per_day: null },
};
const at = (minute: number): string => new Date(Date.UTC(2026, 10, 1, 12, minute)).toISOString();
const event = (more: Partial<LogEvent>): LogEvent => ({
  ...{ id: 1, at: at(0), type: 'status_changed', provider: 'openai', key_id: 'a' },
  ...more,
});

describe('the form of a key', () => {
  const now = Date.UTC(2026, 10, 1, 12);
  const key = {
    ...{ label: 'a', weight: 1, tier: 0, expires_at: '2026-12-01T08:30:45.000Z' },
    limits: { ...NO_LIMITS, requests_per_day: 100 },
  } as KeyEntry;
  const change = (more: Partial<ReturnType<typeof keyTexts>>): ReturnType<typeof keyChanges> =>
    keyChanges(key, { ...keyTexts(key), ...more }, now);

  it('sends what was changed, and null for what was emptied', () => {
    expect(change({})).toEqual({ changes: {}, problems: {} });
    expect(change({ label: ' ', weight: '2.5', requests_per_day: '', tokens_per_minute: '200,000' }).changes).toEqual({
      label: null,
      weight: 2.5,
      limits: { requests_per_day: null, tokens_per_minute: 200_000 },
    });
  });

  it.each([
    ['weight', '0'],
    ['weight', ''],
    ['weight', '1e3'],
    ['tier', '1.5'],
    ['tier', '-1'],
    ['tier', '1001'],
    ['concurrency', '2.5'],
    ['requests_per_minute', '0'],
    ['tokens_per_day', 'many'],
    ['label', 'x'.repeat(101)],
    ['expires_at', '2026-10-31T12:00'],
    ['expires_at', 'tomorrow'],
  ] as const)('says what is wrong with a %s of %j', (field, text) => {
    const { changes, problems } = change({ [field]: text });
    expect(Object.keys(problems)).toEqual([field]);
    expect(changes).toEqual({});
  });

  it('has the end by the clock of its reader, and takes it away where it is emptied', () => {
    const local = keyTexts(key).expires_at;
    expect(new Date(local).toISOString()).toBe('2026-12-01T08:30:00.000Z');
    const later = keyTexts({ ...key, expires_at: '2027-01-31T23:15:00.000Z' }).expires_at;
    expect(change({ expires_at: later }).changes).toEqual({ expires_at: '2027-01-31T23:15:00.000Z' });
    expect(change({ expires_at: '' }).changes).toEqual({ expires_at: null });
    const ended = { ...key, expires_at: '2026-01-01T00:00:00.000Z' };
    expect(keyChanges(ended, { ...keyTexts(ended), weight: '2' }, now)).toEqual({
      changes: { weight: 2 },
      problems: {},
    });
  });

  it("knows the server's names of its fields", () => {
    expect(['limits.concurrency', 'weight', 'models.0'].map(fieldNamed)).toEqual(['concurrency', 'weight', undefined]);
    expect(['budgets.1.usd', 'budgets.0.time_zone', 'budgets.2', 'budgets.0.per', 'budgets'].map(fieldNamed)).toEqual([
      ...['budgets.1.amount', 'budgets.0.zone', 'budgets.2.row', 'budgets.0.row'],
      undefined,
    ]);
    expect(budgetProblem('counts the same as budgets.0: leave one of the two out')).toBe(
      'counts the same as budget 1: leave one of the two out',
    );
  });
});

describe('the budgets of the form of a key', () => {
  const row = (more: Partial<BudgetRow>): BudgetRow => ({ ...NEW_BUDGET, amount: '10', ...more });

  it('are sent as they came where nothing was changed', () => {
    const own = [
      { usd: 0.5, per: 'month', time_zone: 'Europe/Paris', scope: 'account' },
      { tokens: 20_000_000, per: 'day' },
      { requests: 5, per: 'minute' },
    ] as const;
    expect(budgetsIn(own.map(budgetRow))).toEqual({ budgets: own, problems: {} });
  });

  it('take amounts with the thousands marked, and no time zone as UTC', () => {
    const rows = [row({ amount: '1,250.5', zone: ' ' }), row({ amount: '2,000', unit: 'requests', per: 'hour' })];
    expect(budgetsIn(rows).budgets).toEqual([
      { usd: 1_250.5, per: 'day' },
      { requests: 2_000, per: 'hour' },
    ]);
  });

  it.each([
    [{ amount: '' }, 'amount'],
    [{ amount: '0' }, 'amount'],
    [{ amount: 'ten' }, 'amount'],
    [{ amount: '0.0000001' }, 'amount'],
    [{ amount: '1.5', unit: 'tokens' }, 'amount'],
    [{ amount: '99999999999999999', unit: 'requests' }, 'amount'],
    [{ zone: 'Mars/Olympus' }, 'zone'],
  ] as const)('says at its field what is wrong with %j', (more, field) => {
    const { problems } = budgetsIn([row({}), row(more)]);
    expect(Object.keys(problems)).toEqual([`budgets.1.${field}`]);
  });
});

describe('the history of a key', () => {
  it('has each state from when to when and why, newest first', () => {
    const events = [
      event({ at: at(9), from: 'rate_limited', to: 'invalid_key', reason: 'Incorrect API key provided' }),
      event({ at: at(7), type: 'key_updated', fields: ['label'] }),
      event({ at: at(5), from: 'healthy', to: 'rate_limited' }),
    ];
    expect(stateHistory(events, { status: 'invalid_key', reason: null })).toEqual([
      { status: 'invalid_key', from: Date.parse(at(9)), to: undefined, reason: 'Incorrect API key provided' },
      { status: 'rate_limited', from: Date.parse(at(5)), to: Date.parse(at(9)), reason: undefined },
      { status: 'healthy', from: undefined, to: Date.parse(at(5)), reason: undefined },
    ]);
  });

  it('shows the present state though no event tells of it', () => {
    const cooling = [event({ at: at(5), from: 'healthy', to: 'rate_limited' })];
    const [now, before] = stateHistory(cooling, { status: 'healthy', reason: null });
    expect(now).toEqual({ status: 'healthy', from: undefined, to: undefined, reason: undefined });
    expect(before).toMatchObject({ status: 'rate_limited' });
    expect(stateHistory([], { status: 'healthy', reason: null })).toHaveLength(1);
    const added = [event({ type: 'key_added', status: 'healthy' })];
    expect(stateHistory(added, { status: 'healthy', reason: null })).toEqual([
      { status: 'healthy', from: Date.parse(at(0)), to: undefined, reason: undefined },
    ]);
  });
});

describe('the feed', () => {
  const invalid = { to: 'invalid_key', reason: 'Incorrect API key provided', by: 'call' } as const;

  it('has one line for many keys with the same fate, whatever happened between', () => {
    const events = [
      event({ ...invalid, id: 9, at: at(6), key_id: 'a', from: 'healthy' }),
      event({ id: 8, at: at(6), key_id: 'b', from: 'healthy', to: 'rate_limited' }),
      event({ ...invalid, id: 7, at: at(5), key_id: 'c', from: 'rate_limited' }),
      event({ ...invalid, id: 6, at: at(4), key_id: 'd', from: 'healthy', provider: 'google' }),
      event({ ...invalid, id: 5, at: at(1), key_id: 'e', from: 'healthy' }),
      event({ ...invalid, id: 4, at: at(0), key_id: 'f', from: 'healthy' }),
    ];
    const groups = groupEvents(events);
    expect(groups.map(({ text, events: each }) => [text, each.map(({ id }) => id)])).toEqual([
      ['3 keys → invalid', [9, 7, 5]],
      ['Healthy → Rate limited', [8]],
      ['Healthy → Invalid', [6]],
      ['Healthy → Invalid', [4]],
    ]);
    expect(groups.map(isSummedUp)).toEqual([true, false, false, false]);
  });

  it('has one line for what one vendor refused, whatever mask it repeats and whoever found out', () => {
    const refused = (mask: string): string => `invalid_api_key: Incorrect API key provided: ${mask}. Find yours.`;
    const lines = groupEvents([
      event({ ...invalid, id: 3, key_id: 'a', by: 'instance', reason: refused('sk-proj-****cdef') }),
      event({ ...invalid, id: 2, key_id: 'b', by: 'call', reason: refused('sk-proj-****0a1b') }),
      event({ ...invalid, id: 1, key_id: 'c', by: 'instance', reason: refused('sk-proj-****77aa') }),
      event({ ...invalid, id: 0, key_id: 'd', by: 'call', reason: 'account_deactivated' }),
    ]);
    expect(lines.map(({ text, detail }) => [text, detail])).toEqual([
      ['3 keys → invalid', `${refused('…')} · by another instance and by a call`],
      ['? → Invalid', 'account_deactivated · by a call'],
    ]);
  });

  it('says that there may be more keys where the log is known from later on', () => {
    const both = (minute: number) =>
      ['a', 'b'].map((key_id) => event({ ...invalid, id: minute, at: at(minute), key_id }));
    const texts = (knownSince?: string): string[] =>
      groupEvents([...both(9), ...both(2)], knownSince).map(({ text }) => text);
    expect(texts()).toEqual(['2 keys → invalid', '2 keys → invalid']);
    expect(texts(at(2))).toEqual(['2 keys → invalid', '2+ keys → invalid']);
  });

  it('sums the requests of one act on many keys', () => {
    const [line, act] = groupEvents([
      event({ id: 4, type: 'keys_changed', key_id: undefined, change: 'disabled', count: 284 }),
      event({ id: 3, type: 'keys_changed', key_id: undefined, change: 'disabled', count: 500 }),
      event({
        ...{ id: 2, type: 'admin_action', key_id: undefined, action: 'bulk_keys', bulk_action: 'disable' },
        ...{ role: 'admin', counts: { changed: 284, unchanged: 1 } },
      }),
      event({
        ...{ id: 1, type: 'admin_action', key_id: undefined, action: 'bulk_keys', bulk_action: 'disable' },
        ...{ role: 'admin', counts: { changed: 500 } },
      }),
    ]);
    expect(line!.text).toBe('784 keys disabled');
    expect(act!.text).toBe('Administrator disabled 784 keys');
  });

  it('is filtered by kind and provider', () => {
    const events = [
      event({ id: 1 }),
      event({ id: 2, type: 'admin_action', provider: 'google' }),
      event({ id: 3, type: 'provider_failing' }),
      event({ id: 4, type: 'model_cooled_down' }),
      event({ id: 5, type: 'store_damaged', provider: undefined }),
      event({ id: 6, type: 'keys_changed' }),
    ];
    const ids = (kind: 'all' | 'keys' | 'providers' | 'admin', provider = 'all'): number[] =>
      filterEvents(events, { kind, provider }).map(({ id }) => id);
    expect(ids('keys')).toEqual([1, 4]);
    expect(ids('providers')).toEqual([3, 5]);
    expect(ids('admin')).toEqual([2, 6]);
    expect(ids('all', 'openai')).toEqual([1, 3, 4, 6]);
  });
});
