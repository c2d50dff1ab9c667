import type { LogEvent } from '../api/types';
import { fieldProblem } from './configuration-form';
import { announcementOf, describeEvent } from './describe-event';
import { groupEvents } from './group-events';
import { countStandings } from './status';
import { STEP_S, timeLabels, timelineColumns, timeRange } from './timeline';
import { describeVerdict } from './verdicts';

const event = (more: Partial<LogEvent>): LogEvent => ({
  id: 1,
  at: '2026-11-01T12:00:00Z',
  type: 'status_changed',
  ...more,
});

describe('events in words', () => {
  it.each<[Partial<LogEvent>, string, string | undefined]>([
    [
      { from: 'healthy', to: 'invalid_key', outcome: 'invalid_key', by: 'call' },
      'Healthy → Invalid',
      'invalid key · by a call',
    ],
    [{ type: 'model_cooled_down', model: 'gpt-5-nano', by: 'call' }, 'Cools down for gpt-5-nano', 'by a call'],
    [{ type: 'key_added', status: 'healthy', by: 'administrator' }, 'Added: healthy', 'by an administrator'],
    [{ type: 'key_updated', fields: ['label', 'quota_group'] }, 'Changed label, quota group', undefined],
    [
      {
        type: 'admin_action',
        action: 'delete_key',
        role: 'admin',
        address: '192.0.2.7',
        result: 'refused',
        http_status: 404,
      },
      'Administrator deleted a key: refused',
      'from 192.0.2.7 · HTTP 404',
    ],
    [
      { type: 'admin_action', action: 'check_key', role: 'admin', address: '::1' },
      'Administrator checked a key',
      'from ::1',
    ],
    [{ from: 'invalid_key', to: 'invalid_key', by: 'probe' }, 'Still invalid', 'by a check'],
    [
      { type: 'provider_failing', state: 'no_usable_key', reason: 'All cool down.' },
      'Has no usable key',
      'All cool down.',
    ],
    [{ type: 'provider_failing', state: 'failing', reason: 'All fail.' }, 'Is failing', 'All fail.'],
    [
      { type: 'removals_doubted', outcome: 'invalid_key', reason: '3 keys met the same.' },
      'Removes no key for an answer that several keys met',
      '3 keys met the same.',
    ],
    [{ type: 'provider_paused', state: 'paused', reason: 'It is paused.' }, 'Is paused', 'It is paused.'],
    [{ type: 'provider_resumed', reason: 'The pause is over.' }, 'Serves again', 'The pause is over.'],
    [
      { type: 'keys_changed', change: 'disabled', count: 284, by: 'administrator' },
      '284 keys disabled',
      'by an administrator',
    ],
    [
      {
        type: 'admin_action',
        action: 'bulk_keys',
        bulk_action: 'disable',
        counts: { changed: 280, unchanged: 4, checked: 0, not_found: 0 },
        role: 'admin',
        http_status: 200,
      },
      'Administrator disabled 280 keys',
      'HTTP 200',
    ],
    [
      { type: 'admin_action', action: 'pause_provider', role: 'admin', http_status: 200 },
      'Administrator paused a provider',
      'HTTP 200',
    ],
    [{ type: 'provider_recovered', state: 'serving', reason: 'Well.' }, 'Has recovered: serving', 'Well.'],
  ])('%j', (more, text, detail) => expect(describeEvent(event(more))).toMatchObject({ text, detail }));

  it('F7: makes one line of consecutive events that read the same, of one provider', () => {
    const cooldown = { type: 'model_cooled_down', model: 'gpt-5', provider: 'openai', by: 'call' } as const;
    const groups = groupEvents([
      event({ ...cooldown, id: 9 }),
      event({ ...cooldown, id: 8 }),
      event({ ...cooldown, id: 7, provider: 'google' }),
      event({ ...cooldown, id: 6, model: 'gpt-5-nano' }),
      event({ ...cooldown, id: 5, model: 'gpt-5-nano' }),
      event({ from: 'healthy', to: 'invalid_key', id: 4 }),
    ]);
    expect(groups.map(({ events }) => events.map(({ id }) => id))).toEqual([[9, 8], [7], [6, 5], [4]]);
  });

  it('announces only what changes the standing of a key', () => {
    const of = (from: 'healthy' | 'rate_limited', to: 'cooling_down' | 'invalid_key'): string | undefined =>
      announcementOf(event({ from, to, masked_key: 'sk-1...2', provider: 'openai' }));
    expect(of('healthy', 'invalid_key')).toBe('Key sk-1...2 of openai is now invalid.');
    expect(of('rate_limited', 'cooling_down')).toBeUndefined();
  });
});

it('counts standings per provider', () => {
  const keys = [
    { provider: 'openai', status: 'healthy', cooldowns: [{ model: 'gpt-5' }] },
    { provider: 'openai', status: 'quota_exceeded', cooldowns: [] },
    { provider: 'google', status: 'rate_limited', cooldowns: [] },
  ];
  const { all, byProvider } = countStandings(keys as never);
  expect(all).toEqual({ total: 3, healthy: 1, partly: 1, cooling_down: 1, removed: 1, unknown: 0 });
  expect(byProvider.get('google')).toMatchObject({ total: 1, cooling_down: 1 });
});

describe('F7: the axis of time', () => {
  const at = Date.UTC(2026, 10, 1, 12) / 1_000;

  it.each(['minute', 'hour'] as const)('has room around one point or few, by the %s', (resolution) => {
    const step = STEP_S[resolution];
    expect(timeRange(at, at, step)).toEqual([at - 9.5 * step, at + 0.5 * step]);
    expect(timeRange(at - 2 * step, at, step)).toEqual([at - 9.5 * step, at + 0.5 * step]);
    expect(timeRange(at - 100 * step, at, step)).toEqual([at - 100.5 * step, at + 0.5 * step]);
  });

  it('repeats no label beside itself', () => {
    const every = (seconds: number, times: number): number[] =>
      Array.from({ length: times }, (_, n) => at + n * seconds);
    for (const times of [every(10, 7), every(60, 9), every(6 * 3_600, 12), every(86_400, 9), [at]]) {
      const labels = timeLabels(times).filter((label) => label !== '');
      expect(labels).toEqual(labels.filter((label, n) => label !== labels[n - 1]));
      expect(labels.length).toBeGreaterThan(0);
    }
    const days = timeLabels(every(6 * 3_600, 12)).filter((label) => /[A-Z]/.test(label));
    expect(days).toEqual([...new Set(days)]);
  });
});

it('fills minutes that the server left out', () => {
  const entry = (at: string, requests: number) => ({
    at,
    requests,
    failures: 0,
    rate_limited: 0,
    keys_removed: 0,
    average_response_time: 0.5,
  });
  const columns = timelineColumns([
    entry('2026-11-01T12:04:00Z', 4),
    entry('2026-11-01T12:00:00Z', 1),
    entry('2026-11-01T12:01:00Z', 2),
  ]);
  expect(columns.requests).toEqual([1, 2, 0, 0, 4]);
  expect(columns.responseMs).toEqual([500, 500, null, null, 500]);
});

it('F7: puts a quiet minute before a single one, so that the chart has a scale', () => {
  const at = '2026-11-01T12:00:00.000Z';
  const only = { at, requests: 3, failures: 1, rate_limited: 0, keys_removed: 0, average_response_time: 0.5 };
  const columns = timelineColumns([only], STEP_S.hour);
  expect(columns.at).toEqual([Date.parse(at) / 1_000 - 3_600, Date.parse(at) / 1_000]);
  expect([columns.requests, columns.responseMs]).toEqual([
    [0, 3],
    [null, 500],
  ]);
});

describe('verdicts in words', () => {
  it.each([
    [{ verdict: 'added', status: 'healthy', outcome: 'ok', reason: null }, 'Added, healthy', undefined],
    [
      { verdict: 'added', status: 'quota_exceeded', outcome: 'quota_exceeded', reason: null },
      'Added, no quota',
      'quota exceeded',
    ],
    [{ verdict: 'present', status: 'disabled', outcome: 'ok', reason: null }, 'Was there already', 'disabled'],
    [{ verdict: 'refused', status: null, outcome: 'invalid_key', reason: 'Incorrect' }, 'Refused', 'Incorrect'],
  ] as const)('%j', (verdict, word, detail) =>
    expect(describeVerdict({ masked_key: '***', ...verdict })).toMatchObject({ word, detail }),
  );
});

describe('fields of the configuration', () => {
  it.each([
    ['max_retries', '3', undefined],
    ['max_retries', '', 'Enter a number.'],
    ['max_retries', 'x', 'Enter a number.'],
    ['max_retries', '1.5', 'Enter a whole number.'],
    ['max_retries', '-1', 'Enter 0 or more.'],
    ['max_retries', '101', 'Enter 100 or less.'],
    ['health_check_interval_minutes', '0.05', undefined],
    ['health_check_interval_minutes', '0.01', 'Enter 0.05 or more.'],
    ['health_check_interval_minutes', '10081', 'Enter 10,080 or less.'],
  ] as const)('%s = %j', (field, text, problem) => expect(fieldProblem(field, text)).toBe(problem));
});
