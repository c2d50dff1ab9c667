import type {
  CallSummary,
  ComprehensiveStatus,
  ProviderStateFields,
  RunOutFields,
  SharedBudgetStatus,
  TimelineEntry,
  UsageEntry,
} from '../analytics/documents';
import { seconds, usageEntry } from '../analytics/comprehensive-status';
import { timelineEntry } from '../analytics/provider-analytics';
import type { ModelCallCounts } from '../analytics/series/model-calls';
import type { SeriesEntry } from '../analytics/series/measures';
import type { WindowName } from '../analytics/series/windows';
import type { CallEnd } from '../pool/call-batches';
import { percentage } from '../pool/key/key-snapshot';
import { addTotals, NO_USAGE, type UsageTotals } from '../pool/key/key-usage';
import type { UnservedModel } from '../health/key-availability';
import { modelText } from '../health/provider-state';

/*
 * The document of the dashboard's page. Times are ISO 8601, rates per cent, durations seconds.
 */

/** Calls that say something of the provider: what a caller spoilt or gave up is none of them. */
interface CallCounts {
  calls: number;
  failures: number;
  /** Of the failures, those that found no key, and were sent to nobody. */
  refused: number;
  /** Null where no call ended. */
  success_rate: number | null;
}

/** All that was counted of a provider in the window, of all instances. */
interface WindowCalls extends CallCounts {
  /** Calls besides, which failed by their caller's own fault, or were given up. */
  excused: number;
  retries: number;
  /** Attempts that met a rate limit. */
  rate_limited: number;
  average_response_time: number | null;
  usage: UsageEntry;
}

/** Calls of one model in the window, of this instance. */
export interface ModelFigures extends CallCounts {
  /** Null: the calls that named none. */
  model: string | null;
}

/** A model that was called within the hour and that no key may serve now. */
interface UnservedModelFigures {
  model: string | null;
  /** When the first key is back, or is checked again; null where neither is known. */
  until: string | null;
  ends: 'cooldown' | 'recheck' | null;
}

/** What several failed calls of the last minutes ended with. */
export interface FailureReason {
  /** The vendor's sentence, redacted; null where it said nothing. */
  reason: string | null;
  status: number | null;
  outcome: CallEnd;
  calls: number;
}

/** Calls that their account served, calls that went to another, and requests for an object to accounts that do not have it. */
interface CallsByAffinity {
  kept: number;
  moved: number;
  asked: number;
}

export interface VendorName {
  name: string;
  label: string;
}

/** What runs out is all that its keys have left. */
export interface ProviderFigures extends ProviderStateFields, RunOutFields {
  /** Whose keys these are: a provider may have any name. */
  vendor: VendorName;
  /** Of the provider, and of its accounts those that are nearest to their limits. */
  budgets: SharedBudgetStatus[];
  /** Somebody called it within the hour. */
  called: boolean;
  /** The circuit breaker holds calls back, but for single ones that try. */
  held_back: boolean;
  /** Several keys met one and the same refusal, which no rule knows: none is removed for it. */
  removals_doubted: boolean;
  /** Calls of the last five minutes on this instance, which `state` is judged by. */
  judged: { calls: number; failures: number };
  unserved_models: UnservedModelFigures[];
  /** Of the latest failed calls that speak against the provider, the most frequent first; empty where none are kept. */
  failure_reasons: FailureReason[];
  window: WindowCalls;
  /** The models that were called most. */
  models: ModelFigures[];
  /** Calls in flight and calls that wait for a key now, on this instance. */
  in_flight: number;
  waiting: number;
  /** Calls with an affinity, of this instance since its start; null where there were none. */
  affinity: CallsByAffinity | null;
  /** Sums since the first start; the response times are of the last 24 hours. */
  summary: { total_keys: number } & CallSummary;
  timeline: TimelineEntry[];
  /** Pools like it that were opened at run time and are used, and those of them that serve nobody; null where there are none. */
  opened: { pools: number; in_trouble: number } | null;
}

export interface DashboardFigures {
  at: string;
  system_info: Pick<ComprehensiveStatus['system_info'], 'store' | 'max_retries' | 'health_check_interval_minutes'> & {
    /** Since when the store is away; null while it is there. */
    store_away_since: string | null;
    /** When this instance began to count. */
    started_at: string;
  };
  /** Which time `window`, `models` and `timeline` are of. */
  window: { name: WindowName; since: string };
  global_stats: ComprehensiveStatus['global_stats'];
  providers: Record<string, ProviderFigures>;
}

const isoOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

function callCounts(calls: number, failures: number, refused: number): CallCounts {
  return { calls, failures, refused, success_rate: calls === 0 ? null : percentage(calls - failures, calls) };
}

export function windowCalls(entries: readonly SeriesEntry[]): WindowCalls {
  const sum = (of: (entry: SeriesEntry) => number): number => entries.reduce((total, entry) => total + of(entry), 0);
  const excused = sum((entry) => entry.excused);
  const responses = sum((entry) => entry.responses);
  const usage = entries.reduce<UsageTotals>(
    (total, entry) => (entry.usage ? addTotals(total, entry.usage) : total),
    NO_USAGE,
  );
  return {
    ...callCounts(
      sum(({ requests }) => requests) - excused,
      sum(({ failures }) => failures) - excused,
      sum(({ refused }) => refused),
    ),
    excused,
    retries: sum(({ retries }) => retries),
    rate_limited: sum(({ rateLimited }) => rateLimited),
    average_response_time: responses === 0 ? null : seconds(sum(({ responseMs }) => responseMs) / responses),
    usage: usageEntry(usage),
  };
}

/** As the figures count: without the calls that say nothing against the provider. */
export const windowTimeline = (entries: readonly SeriesEntry[]): TimelineEntry[] =>
  entries.map((entry) =>
    timelineEntry({ ...entry, requests: entry.requests - entry.excused, failures: entry.failures - entry.excused }),
  );

export const modelFigures = ({ model, calls, failures, refused }: ModelCallCounts): ModelFigures => ({
  model: model === undefined ? null : modelText(model),
  ...callCounts(calls, failures, refused),
});

export const unservedModel = ({ model, until, ends }: UnservedModel): UnservedModelFigures => ({
  model: model === undefined ? null : modelText(model),
  until: isoOf(until),
  ends: ends ?? null,
});

/** Those that read the same are one; the most frequent first. */
export function failureReasons(
  failed: readonly {
    readonly reason: string | undefined;
    readonly status: number | undefined;
    readonly outcome: CallEnd;
  }[],
): FailureReason[] {
  const found = new Map<string, FailureReason>();
  for (const { reason = null, status = null, outcome } of failed) {
    const name = JSON.stringify([reason, status, outcome]);
    const same = found.get(name);
    if (same) same.calls += 1;
    else found.set(name, { reason, status, outcome, calls: 1 });
  }
  return [...found.values()].sort((a, b) => b.calls - a.calls);
}
