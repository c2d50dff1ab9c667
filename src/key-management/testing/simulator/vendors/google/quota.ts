import { json, type Answer, type Call } from '../../core/call';
import { protoDuration } from '../../limits/durations';
import type { Window } from '../../limits/rate-limits';

const RPC = 'type.googleapis.com/google.rpc';
const METRIC = 'generativelanguage.googleapis.com/generate_content_free_tier';
const INTRO =
  'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. ';
const MONITOR = 'To monitor your current usage, head to: https://ai.dev/rate-limit. ';
const HELP = {
  '@type': `${RPC}.Help`,
  links: [
    {
      description: 'Learn more about Gemini API quotas',
      url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
    },
  ],
};

export interface Violation {
  readonly metric: 'requests' | 'input_token_count';
  readonly quotaId: string;
  readonly limit: number;
  readonly model: string;
}

export interface QuotaBody {
  readonly violations: readonly Violation[];
  readonly waitMs: number;
  /** Google's daily refusals name whole seconds here, and a far too short time. */
  readonly wholeSeconds: boolean;
  readonly help: boolean;
  readonly monitor: boolean;
}

export function quotaExceeded(body: QuotaBody): Answer {
  const lines = body.violations.map(
    ({ metric, limit, model }) =>
      `\n* Quota exceeded for metric: ${METRIC}_${metric}, limit: ${limit}, model: ${model}`,
  );
  const wait = protoDuration(body.waitMs);
  const violations = body.violations.map(({ metric, quotaId, limit, model }) => ({
    quotaMetric: `${METRIC}_${metric}`,
    quotaId,
    quotaDimensions: { location: 'global', model },
    // Absent when zero, as protobuf's JSON leaves it out.
    ...(limit > 0 ? { quotaValue: String(limit) } : {}),
  }));
  const details = [
    ...(body.help ? [HELP] : []),
    { '@type': `${RPC}.QuotaFailure`, violations },
    {
      '@type': `${RPC}.RetryInfo`,
      retryDelay: body.wholeSeconds ? `${Math.floor(body.waitMs / 1000)}s` : wait,
    },
  ];
  const message = `${INTRO}${body.monitor ? MONITOR : ''}${lines.join('')}\nPlease retry in ${wait}.`;
  const error = { code: 429, message, status: 'RESOURCE_EXHAUSTED', details };
  return json(429, { error }, { 'content-type': 'application/json; charset=UTF-8' });
}

const QUOTA_IDS: Readonly<Record<'requests' | 'tokens', Record<Window, string>>> = {
  requests: {
    second: 'GenerateRequestsPerSecondPerProjectPerModel-FreeTier',
    minute: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier',
    day: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
  },
  tokens: {
    second: 'GenerateContentInputTokensPerModelPerSecond-FreeTier',
    minute: 'GenerateContentInputTokensPerModelPerMinute-FreeTier',
    day: 'GenerateContentInputTokensPerModelPerDay-FreeTier',
  },
};

export function violationOf(dimension: 'requests' | 'tokens', window: Window, limit: number, model: string): Violation {
  const metric = dimension === 'requests' ? 'requests' : 'input_token_count';
  return { metric, quotaId: QUOTA_IDS[dimension][window], limit, model };
}

export function dailyQuota(limit: number, call: Call): Answer {
  return quotaExceeded({
    violations: [violationOf('requests', 'day', limit, call.model)],
    waitMs: 36_429.760048,
    wholeSeconds: true,
    help: false,
    monitor: true,
  });
}

/** The model is not in the free tier at all: waiting never helps. */
export function limitZero(call: Call): Answer {
  return quotaExceeded({
    violations: [violationOf('tokens', 'day', 0, call.model), violationOf('requests', 'day', 0, call.model)],
    waitMs: 10_673.410956,
    wholeSeconds: true,
    help: true,
    monitor: true,
  });
}
