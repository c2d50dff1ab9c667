import type {
  BulkResult,
  FailedCall,
  KeyDetails,
  KeyEntry,
  LogEvent,
  TimelineEntry,
} from '../../src/key-management/dashboard/ui/api/types';
import { chance } from './sample-data';

/*
 * What the sample server tells of a single key, of failed calls, and of acts on many keys.
 */

const SHARES = { 'gpt-5-mini': 0.7, 'gpt-5': 0.3 } as const;

/** One key in full. @param keys All of the server, among which are those of its account. */
export function sampleDetails(key: KeyEntry, keys: readonly KeyEntry[], now: number): KeyDetails {
  const mates = keys.filter(({ quota_group: account }) => account !== null && account === key.quota_group).length;
  const of = (from: 'vendor' | 'settings', per: 'minute' | 'day', limit: number, left: number) =>
    ({
      from,
      model: from === 'vendor' ? 'gpt-5-mini' : null,
      unit: 'requests',
      per,
      limit,
      left,
      ends_at: null,
    }) as const;
  const { usage } = key;
  return {
    ...key,
    account_keys: Math.max(1, mates),
    limits_left: [
      { ...of('settings', 'day', 10_000, 1_204), ends_at: new Date(now + 5.2 * 3_600_000).toISOString() },
      of('vendor', 'minute', 500, 417),
      { ...of('vendor', 'minute', 200_000, 8_100), unit: 'tokens' },
    ],
    own_budgets: key.budgets
      .filter(({ scope }) => scope === 'key')
      .map(({ unit, limit, per }) => ({ [unit]: limit, per, time_zone: 'Europe/Berlin' })),
    usage_by_model: Object.entries(SHARES).map(([model, share]) => ({
      ...usage,
      model,
      requests: Math.round(usage.requests * share),
      input_tokens: Math.round(usage.input_tokens * share),
      output_tokens: Math.round(usage.output_tokens * share),
      cost_usd: model === 'gpt-5' || usage.cost_usd === null ? null : Math.round(usage.cost_usd * share * 100) / 100,
    })),
  };
}

export function sampleKeyTimeline(now: number): TimelineEntry[] {
  const next = chance(11);
  const start = Math.floor(now / 60_000) * 60_000 - 120 * 60_000;
  return Array.from({ length: 120 }, (_, minute) => {
    const requests = Math.round(6 + 4 * Math.sin(minute / 17) + next() * 3);
    const trouble = minute > 96 ? 0.5 : 0.02;
    return {
      at: new Date(start + minute * 60_000).toISOString(),
      requests,
      failures: Math.round(requests * trouble * next()),
      rate_limited: Math.round(requests * 0.2 * next()),
      keys_removed: 0,
      average_response_time: 0.8,
    };
  });
}

export function sampleKeyEvents(key: KeyEntry, now: number): LogEvent[] {
  const of = (id: number, minutes: number, more: Partial<LogEvent>): LogEvent => ({
    ...{ id, at: new Date(now - minutes * 60_000).toISOString(), type: 'status_changed', by: 'call' },
    ...{ provider: key.provider, key_id: key.id, masked_key: key.masked_key },
    ...more,
  });
  const limited = {
    from: 'healthy',
    to: 'rate_limited',
    reason: 'Rate limit reached for requests per minute',
  } as const;
  const back = { from: 'rate_limited', to: 'healthy', by: 'time' } as const;
  const present: LogEvent[] =
    key.status === 'healthy'
      ? []
      : [of(9, 4, { from: 'healthy', to: key.status, ...(key.reason !== null && { reason: key.reason }) })];
  return [
    ...present,
    of(8, 42, back),
    of(7, 44, limited),
    of(6, 95, { type: 'key_updated', by: 'administrator', fields: ['label', 'weight'] }),
    of(5, 95, {
      type: 'admin_action',
      action: 'update_key',
      role: 'admin',
      address: '192.0.2.7',
      result: 'ok',
      http_status: 200,
    }),
    of(4, 190, back),
    of(3, 193, limited),
  ];
}

const FAILURES = [
  ['quota_exceeded', 429, 'You exceeded your current quota, please check your plan and billing details.', 3],
  [
    'rate_limited',
    429,
    'Rate limit reached for gpt-5-mini on requests per min. Limit: 500 / min. Please try again in 120ms.',
    4,
  ],
  ['server_error', 500, 'The server had an error while processing your request.', 4],
  ['timeout', null, 'The answer took longer than 60 s.', 2],
  ['bad_request', 400, "Invalid value for 'temperature': expected a number between 0 and 2.", 1],
] as const;

export function sampleFailedCalls(keys: readonly KeyEntry[], count: number, now: number): FailedCall[] {
  const next = chance(23);
  let at = now - 9_000;
  return Array.from({ length: count }, (_, n): FailedCall => {
    at -= 47_000 * next();
    const key = keys[Math.floor(next() * keys.length)];
    const [outcome, status, reason, attempts] = FAILURES[Math.floor(next() * FAILURES.length)]!;
    const isWithoutKey = n % 9 === 4 || key === undefined;
    return {
      id: count - n,
      at: new Date(at).toISOString(),
      provider: key?.provider ?? 'openai',
      key_id: isWithoutKey ? null : key.id,
      masked_key: isWithoutKey ? null : key.masked_key,
      account: isWithoutKey ? null : key.quota_group,
      model: n % 7 === 3 ? null : 'gpt-5-mini',
      endpoint: '/v1/chat/completions',
      outcome: isWithoutKey ? 'no_key' : outcome,
      code: isWithoutKey ? 'NO_HEALTHY_KEYS' : 'ATTEMPTS_EXHAUSTED',
      status: isWithoutKey ? null : status,
      reason: isWithoutKey ? 'No key of openai can be used: 3 cool down, the first until 12:04.' : reason,
      attempts: isWithoutKey ? 0 : attempts,
      duration: Math.round(next() * 9_000) / 1_000,
    };
  });
}

/** Acts on the keys of the table, and says what became of each. */
export function sampleBulk(
  table: Map<string, KeyEntry>,
  provider: string,
  { action, ids }: { action: BulkResult['action']; ids: string[] },
): BulkResult {
  const counts = { changed: 0, unchanged: 0, checked: 0, not_found: 0 };
  const keys = ids.map((id, place): BulkResult['keys'][number] => {
    const key = table.get(id);
    const common = { id, place, masked_key: key?.masked_key ?? null, outcome: null, reason: null };
    if (!key) {
      counts.not_found += 1;
      return { ...common, result: 'not_found', status: null };
    }
    if (action === 'check') {
      counts.checked += 1;
      const isBad = key.status === 'invalid_key';
      return {
        ...common,
        result: 'checked',
        status: key.status,
        outcome: isBad ? 'invalid_key' : 'ok',
        reason: key.reason,
      };
    }
    const status = action === 'delete' ? null : action === 'enable' ? 'healthy' : 'disabled';
    if (status === null) table.delete(id);
    else table.set(id, { ...key, status, enabled: status === 'healthy', reason: null, cooldown_until: null });
    counts.changed += 1;
    return { ...common, result: 'changed', status };
  });
  return { provider, action, counts, keys };
}
