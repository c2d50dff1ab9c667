import type {
  Figures,
  KeyEntry,
  KeyStatus,
  LogEvent,
  ProviderFigures,
  SharedBudget,
  TimelineEntry,
  UsageEntry,
  VendorName,
} from '../../src/key-management/dashboard/ui/api/types';

/** The same numbers each time. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

const MASKS: Readonly<Record<string, string>> = { openai: 'sk-proj', anthropic: 'sk-ant-', google: 'AIzaSyD' };
const LABELS = ['team-search', 'team-mail', 'batch', 'staging', 'research', null, null];
const REASONS: Partial<Record<KeyStatus, string>> = {
  rate_limited: 'Rate limit reached for requests per minute',
  cooling_down: 'The key may not use this model',
  invalid_key: 'Incorrect API key provided',
  quota_exceeded: 'You exceeded your current quota, please check your plan and billing details',
};
const hex = (next: () => number, length: number): string =>
  Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join('');

function statusOf(draw: number): KeyStatus {
  if (draw < 0.78) return 'healthy';
  if (draw < 0.86) return 'rate_limited';
  if (draw < 0.89) return 'cooling_down';
  if (draw < 0.93) return 'quota_exceeded';
  return draw < 0.97 ? 'invalid_key' : 'disabled';
}

export function sampleKey(provider: string, next: () => number, now: number, forced?: KeyStatus): KeyEntry {
  const status = forced ?? statusOf(next());
  const iso = (ms: number): string => new Date(now + ms).toISOString();
  const calls = Math.floor(next() * next() * 4_000);
  const errors = status === 'healthy' ? Math.floor(calls * next() * 0.02) : Math.floor(calls * next() * 0.2);
  const cooldowns = status === 'rate_limited' || status === 'cooling_down';
  const rechecked = status === 'invalid_key' || status === 'quota_exceeded';
  return {
    id: hex(next, 16),
    provider,
    masked_key: `${MASKS[provider] ?? 'key-abc'}...${hex(next, 4).toUpperCase()}`,
    label: LABELS[Math.floor(next() * LABELS.length)] ?? null,
    status,
    origin: 'environment',
    expires_at: null,
    balance: null,
    runs_out_at: null,
    runs_out_between: null,
    budgets: calls > 0 && calls % 3 === 0 ? [sampleBudget({ limit: 10, spent: (calls % 50) / 5 }, now)] : [],
    enabled: status !== 'disabled',
    reason: REASONS[status] ?? null,
    cooldown_until: cooldowns ? iso(20_000 + next() * 900_000) : null,
    cooldowns: [],
    recheck_at: rechecked ? iso(120_000 + next() * 20_000_000) : null,
    success_count: calls - errors,
    error_count: errors,
    success_rate: calls === 0 ? 100 : Math.round(((calls - errors) / calls) * 1_000) / 10,
    response_time: calls === 0 ? null : Math.round((0.3 + next() * 1.4) * 1_000) / 1_000,
    usage: {
      requests: calls - errors,
      requests_without_usage: 0,
      input_tokens: (calls - errors) * 1_800,
      output_tokens: (calls - errors) * 240,
      cached_input_tokens: (calls - errors) * 900,
      cache_write_tokens: 0,
      reasoning_tokens: (calls - errors) * 60,
      cost_usd: calls === errors ? null : Math.round((calls - errors) * 0.36) / 100,
    },
    in_flight: status === 'healthy' ? Math.floor(next() * 4) : 0,
    last_used_at: calls === 0 ? null : iso(-next() * 400_000),
    last_checked_at: iso(-next() * 600_000),
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
    persistence: next() < 0.5 ? 'configuration' : 'stored',
  };
}

const sampleBudget = (more: Partial<SharedBudget>, now: number): SharedBudget => ({
  scope: 'key',
  per: 'day',
  unit: 'usd',
  limit: 10,
  spent: 0,
  ends_at: new Date(now + 20_000_000).toISOString(),
  runs_out_at: null,
  runs_out_between: null,
  ...more,
});

function sampleTimeline(next: () => number, now: number, scale: number): TimelineEntry[] {
  const start = Math.floor(now / 60_000) * 60_000 - 179 * 60_000;
  return Array.from({ length: 180 }, (_, minute) => {
    const wave = 0.6 + 0.3 * Math.sin(minute / 28) + 0.1 * Math.sin(minute / 5) + next() * 0.15;
    const trouble = minute > 118 && minute < 132 ? 1 : 0;
    const requests = Math.round(scale * wave);
    return {
      at: new Date(start + minute * 60_000).toISOString(),
      requests,
      failures: Math.round(requests * (trouble * 0.18 + next() * 0.012)),
      rate_limited: Math.round(requests * (trouble * 0.3 + next() * 0.05)),
      keys_removed: trouble && next() < 0.2 ? 1 : 0,
      average_response_time: Math.round((0.55 + trouble * 0.5 + wave * 0.3 + next() * 0.1) * 1_000) / 1_000,
    };
  });
}

const LABELS_OF_VENDORS: Readonly<Record<string, string>> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google',
  xai: 'xAI',
  deepseek: 'DeepSeek',
};
const MODELS: Readonly<Record<string, string[]>> = {
  openai: ['gpt-5', 'gpt-5-mini', 'text-embedding-3-small'],
  anthropic: ['claude-sonnet-4-5', 'claude-haiku-4-5'],
  google: ['gemini-3-flash'],
};

export const sampleVendor = (provider: string): VendorName => ({
  name: provider,
  label: LABELS_OF_VENDORS[provider] ?? provider[0]!.toUpperCase() + provider.slice(1),
});

const sampleUsage = (requests: number): UsageEntry => ({
  requests,
  requests_without_usage: 0,
  input_tokens: requests * 1_800,
  output_tokens: requests * 240,
  cached_input_tokens: requests * 900,
  cache_write_tokens: 0,
  reasoning_tokens: requests * 60,
  cost_usd: requests === 0 ? null : Math.round(requests * 0.36) / 100,
});

export function sampleFigures(
  keys: readonly KeyEntry[],
  next: () => number,
  now: number,
  quiet: boolean,
): ProviderFigures {
  const timeline = quiet ? [] : sampleTimeline(next, now, 12 + next() * 60);
  const requests = timeline.reduce((sum, each) => sum + each.requests, 0);
  const failures = timeline.reduce((sum, each) => sum + each.failures, 0);
  const lastHour = timeline.slice(-61);
  const calls = lastHour.reduce((sum, each) => sum + each.requests, 0);
  const failed = lastHour.reduce((sum, each) => sum + each.failures, 0);
  const judged = lastHour.slice(-5).reduce((sum, each) => sum + each.requests, 0);
  const rate = (of: number, bad: number): number | null =>
    of === 0 ? null : Math.round(((of - bad) / of) * 1_000) / 10;
  const provider = keys[0]?.provider ?? 'openai';
  return {
    vendor: sampleVendor(provider),
    state: quiet ? 'idle' : 'serving',
    state_reason: quiet
      ? 'Nobody has called it since the start.'
      : `${judged} calls in the last five minutes, and none failed by a fault of the vendor or the keys.`,
    state_since: new Date(now - 5_000_000).toISOString(),
    state_until: null,
    runs_out_at: null,
    runs_out_between: null,
    budgets: quiet
      ? []
      : [
          sampleBudget({ scope: 'provider', per: 'month', limit: 2_000, spent: 841.2 }, now),
          sampleBudget({ scope: 'account', account: 'team-a', limit: 50, spent: 43.9 }, now),
        ],
    called: !quiet,
    held_back: false,
    removals_doubted: false,
    judged: { calls: judged, failures: 0 },
    unserved_models: [],
    failure_reasons: [],
    window: {
      calls,
      failures: failed,
      refused: Math.round(failed * 0.3),
      excused: Math.round(calls * 0.004),
      success_rate: rate(calls, failed),
      retries: Math.round(calls * 0.03),
      rate_limited: lastHour.reduce((sum, each) => sum + each.rate_limited, 0),
      average_response_time: quiet ? null : 0.8,
      usage: sampleUsage(calls),
    },
    models: quiet
      ? []
      : (MODELS[provider] ?? [null]).map((model, at) => {
          const share = Math.round(calls * [0.7, 0.25, 0.05][at]!);
          const bad = Math.round(share * 0.01 * at);
          return { model, calls: share, failures: bad, refused: 0, success_rate: rate(share, bad) };
        }),
    in_flight: quiet ? 0 : keys.reduce((sum, each) => sum + each.in_flight, 0),
    waiting: 0,
    opened: null,
    affinity: null,
    summary: {
      total_keys: keys.length,
      success_rate: rate(requests, failures),
      average_response_time: quiet ? null : 0.8,
      response_time_p50: quiet ? null : 0.42 + next() * 0.3,
      response_time_p95: quiet ? null : 1.2 + next(),
      requests,
      failures,
      retries: Math.round(failures * 1.6),
      keys_removed: 2,
      usage: sampleUsage(requests),
    },
    timeline: lastHour,
  };
}

export function sampleEvents(keys: readonly KeyEntry[], now: number): LogEvent[] {
  const troubled = keys.filter(({ status }) => status !== 'healthy').slice(0, 14);
  const events = troubled.map((key, index): LogEvent => ({
    id: 100 - index * 2,
    at: new Date(now - 8_000 - index * 71_000).toISOString(),
    type: 'status_changed',
    provider: key.provider,
    key_id: key.id,
    masked_key: key.masked_key,
    by: key.status === 'disabled' ? 'administrator' : index % 3 === 0 ? 'probe' : 'call',
    from: 'healthy',
    to: key.status,
    ...(key.reason !== null && { reason: key.reason }),
  }));
  const action: LogEvent = {
    id: 95,
    at: new Date(now - 190_000).toISOString(),
    type: 'admin_action',
    action: 'add_keys',
    provider: 'openai',
    role: 'admin',
    address: '192.0.2.7',
    result: 'ok',
    http_status: 200,
  };
  return [...events, action].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

export function figuresDocument(
  providers: Record<string, ProviderFigures>,
  now: number,
  configuration: { max_retries: number; health_check_interval_minutes: number },
  storeAwaySince: string | null = null,
): Figures {
  const all = Object.values(providers);
  return {
    at: new Date(now).toISOString(),
    system_info: {
      ...configuration,
      store: 'redis',
      store_away_since: storeAwaySince,
      started_at: new Date(now - 90_000_000).toISOString(),
    },
    window: { name: '1h', since: new Date(Math.floor((now - 3_600_000) / 60_000) * 60_000).toISOString() },
    global_stats: {
      total_requests: all.reduce((sum, { summary }) => sum + summary.requests, 0),
      total_failures: all.reduce((sum, { summary }) => sum + summary.failures, 0),
      keys_removed: all.reduce((sum, { summary }) => sum + summary.keys_removed, 0),
    },
    providers,
  };
}
