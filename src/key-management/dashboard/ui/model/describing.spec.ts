import type { LogEvent } from '../api/types';
import { fieldProblem } from './configuration-form';
import { announcementOf, describeEvent } from './describe-event';
import { countStandings, noStandings, verdictOf } from './status';
import { timelineColumns } from './timeline';
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
    [{ type: 'model_rested', model: 'gpt-5-nano', by: 'call' }, 'Rests for gpt-5-nano', 'by a call'],
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
      { type: 'admin_action', action: 'check_key', actor: { role: 'admin', address: '::1' } },
      'Administrator checked a key',
      'from ::1',
    ],
  ])('%j', (more, text, detail) => expect(describeEvent(event(more))).toMatchObject({ text, detail }));

  it('announces only what changes the standing of a key', () => {
    const of = (from: 'healthy' | 'rate_limited', to: 'resting' | 'invalid_key'): string | undefined =>
      announcementOf(event({ from, to, masked_key: 'sk-1...2', provider: 'openai' }));
    expect(of('healthy', 'invalid_key')).toBe('Key sk-1...2 of openai is now invalid.');
    expect(of('rate_limited', 'resting')).toBeUndefined();
  });
});

it('counts standings per provider', () => {
  const keys = [
    { provider: 'openai', status: 'healthy' },
    { provider: 'openai', status: 'quota_exceeded' },
    { provider: 'google', status: 'rate_limited' },
  ];
  const { all, byProvider } = countStandings(keys as never);
  expect(all).toEqual({ total: 3, healthy: 1, resting: 1, removed: 1, unknown: 0 });
  expect(verdictOf(byProvider.get('google')!).word).toBe('All resting');
  expect(verdictOf(byProvider.get('openai')!).word).toBe('Serving');
  expect(verdictOf(noStandings()).word).toBe('No keys');
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
