import { snakeCased } from '../common/snake-case';
import type { LogEntry } from '../events/event-log';
import { keyStatusEntry, seconds } from '../analytics/comprehensive-status';
import type { KeyVerdict } from '../health/key-intake.service';
import type { HealthCheckReport } from '../health/health-sweep.service';
import type { KeySnapshot } from '../pool/key/key-snapshot';
import type { Budget } from '../pool/limits/budget';
import type { LimitLeft } from '../pool/limits-left';
import type { Persistence } from '../store/keys/key-vault';
import type { AddedKeyView, EventView, HealthCheckReportView, KeyView, LimitLeftView } from './schemas/answers';
import type { KeyBudgetRequest } from './schemas/requests';

export const keyView = (key: KeySnapshot, persistence: Persistence): KeyView => ({
  ...keyStatusEntry(key),
  provider: key.provider,
  label: key.label || null,
  enabled: key.status !== 'disabled',
  weight: key.weight,
  limits: {
    concurrency: key.limits?.concurrency ?? null,
    requests_per_minute: key.limits?.requestsPerMinute ?? null,
    tokens_per_minute: key.limits?.tokensPerMinute ?? null,
    requests_per_day: key.limits?.requestsPerDay ?? null,
    tokens_per_day: key.limits?.tokensPerDay ?? null,
  },
  models: key.models ?? null,
  cooldowns: key.cooldowns.map((cooldown) => ({ ...cooldown, until: cooldown.until.toISOString() })),
  persistence,
});

/** A key's own budget, which has no scope `provider`. */
export const budgetView = ({ timeZone, scope, ...budget }: Budget): KeyBudgetRequest => ({
  ...budget,
  ...(timeZone !== undefined && { time_zone: timeZone }),
  ...(scope !== undefined && scope !== 'provider' && { scope }),
});

export const limitLeftView = ({ from, model, unit, per, limit, left, endsAt }: LimitLeft): LimitLeftView => ({
  ...{ from, model: model ?? null, unit, per, limit, left },
  ends_at: endsAt === undefined ? null : new Date(endsAt).toISOString(),
});

export const verdictView = (
  { keyId, maskedKey, verdict, status, outcome, reason }: KeyVerdict,
  persistence: Persistence | null,
): AddedKeyView => ({
  id: keyId,
  masked_key: maskedKey,
  verdict,
  status: status ?? null,
  outcome,
  reason: reason ?? null,
  persistence,
});

export const reportView = (report: HealthCheckReport): HealthCheckReportView => ({
  checked_keys: report.checkedKeys,
  healthy_keys: report.healthyKeys,
  removed_keys: report.removedKeys,
  duration: seconds(report.durationMs) ?? 0,
  keys: report.keys.map(({ provider, keyId, maskedKey, outcome, reason, status }) => ({
    provider,
    id: keyId,
    masked_key: maskedKey,
    outcome,
    reason: reason ?? null,
    status,
  })),
});

/** An entry of the log as JSON; what does not apply is left out. */
export function eventView(entry: LogEntry): EventView {
  const base = { id: entry.id, at: entry.at.toISOString(), type: entry.type };
  if (entry.type === 'admin_action') {
    const { status, ...action } = entry.action;
    return { ...base, ...snakeCased(action), http_status: status };
  }
  if (entry.type === 'store_damaged') return { ...base, reason: entry.reason };
  const { type: _type, at: _at, ...said } = entry.event;
  return { ...base, ...snakeCased(said) };
}
