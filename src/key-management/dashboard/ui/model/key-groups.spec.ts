import type { KeyEntry } from '../api/types';
import { troubledKeys } from './key-groups';

const key = (
  provider: string,
  status: KeyEntry['status'],
  reason: string | null,
  cooldowns: KeyEntry['cooldowns'] = [],
) => ({ provider, status, reason, cooldowns }) as unknown as KeyEntry;

it('groups keys that are in trouble by status and reason, whatever ids stand in the reason, the largest group first', () => {
  const until = '2026-11-28T03:10:00Z';
  const groups = troubledKeys([
    key('openai', 'healthy', null),
    key('openai', 'quota_exceeded', 'insufficient_quota: Top up'),
    key('openai', 'invalid_key', 'Incorrect API key provided: sk-proj-***aaaa'),
    key('openai', 'invalid_key', 'Incorrect API key provided: sk-proj-***bbbb'),
    key('openai', 'disabled', null),
    key('google', 'healthy', null, [
      { model: 'gemini-3-flash', until, outcome: 'rate_limited' },
      { endpoint: '/v1/embeddings', until, outcome: 'permission_denied' },
    ]),
    key('google', 'healthy', null, [{ model: 'gemini-3-flash', until, outcome: 'rate_limited' }]),
    key('quiet', 'healthy', null),
  ]);
  expect(Object.fromEntries(groups)).toEqual({
    openai: [
      { status: 'invalid_key', reason: 'Incorrect API key provided: …', place: undefined, keys: 2 },
      { status: 'quota_exceeded', reason: 'insufficient_quota: Top up', place: undefined, keys: 1 },
      { status: 'disabled', reason: '', place: undefined, keys: 1 },
    ],
    google: [
      { status: 'cooling_down', reason: 'rate limited', place: 'gemini-3-flash', keys: 2 },
      { status: 'cooling_down', reason: 'permission denied', place: '/v1/embeddings', keys: 1 },
    ],
  });
});
