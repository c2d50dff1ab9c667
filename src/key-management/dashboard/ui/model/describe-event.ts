import type { LogEvent } from '../api/types';
import { counted, words } from './format';
import { standingOf, STATUSES, type Standing } from './status';

export interface EventText {
  /** What happened, without the key's name. */
  text: string;
  detail: string | undefined;
  tone: Standing | 'neutral';
}

const ACTIONS: Readonly<Record<string, string>> = {
  add_keys: 'added keys',
  update_key: 'changed a key',
  delete_key: 'deleted a key',
  check_key: 'checked a key',
  pause_provider: 'paused a provider',
  resume_provider: 'resumed a provider',
  run_health_checks: 'ran health checks',
  update_configuration: 'changed the configuration',
};

const BULK_ACTS = { check: 'checked', enable: 'enabled', disable: 'disabled', delete: 'deleted' } as const;

const CAUSES: Readonly<Record<string, string>> = {
  call: 'by a call',
  probe: 'by a check',
  time: 'in time',
  administrator: 'by an administrator',
  configuration: 'by configuration',
  source: 'by its source',
  instance: 'by another instance',
  store: 'from the store',
};

const causeOf = (by: string | undefined): string | undefined =>
  by === undefined ? undefined : (CAUSES[by] ?? `by ${by}`);

/** All different ones, those of the newest event first: `by a call and by another instance`. */
export const causesOf = (events: readonly LogEvent[]): string | undefined =>
  [...new Set(events.flatMap(({ by }) => causeOf(by) ?? []))].join(' and ') || undefined;

const joined = (...parts: (string | undefined)[]): string | undefined => parts.filter(Boolean).join(' · ') || undefined;

/** @param cause In words; of several events, of all of them. */
export function describeEvent(event: LogEvent, cause = causeOf(event.by)): EventText {
  switch (event.type) {
    case 'provider_failing':
      return {
        text: event.state === 'no_usable_key' ? 'Has no usable key' : 'Is failing',
        detail: event.reason,
        tone: 'removed',
      };
    case 'provider_recovered':
      return { text: `Has recovered: ${words(event.state ?? 'serving')}`, detail: event.reason, tone: 'healthy' };
    case 'usable_keys_low':
      return { text: 'Has too few usable keys', detail: event.reason, tone: 'cooling_down' };
    case 'runs_out':
      return {
        text: `Runs out within ${event.hours === 2 ? 'two hours' : 'a day'}`,
        detail: event.reason,
        tone: event.hours === 2 ? 'removed' : 'cooling_down',
      };
    case 'provider_paused':
      return { text: 'Is paused', detail: event.reason, tone: 'cooling_down' };
    case 'provider_resumed':
      return { text: 'Serves again', detail: event.reason, tone: 'healthy' };
    case 'keys_changed':
      return {
        text: `${counted(event.count ?? 0, 'key')} ${event.change ?? 'changed'}`,
        detail: cause,
        tone: event.change === 'enabled' ? 'healthy' : 'removed',
      };
    case 'removals_doubted':
      return { text: 'Removes no key for an answer that several keys met', detail: event.reason, tone: 'cooling_down' };
    case 'status_changed': {
      const from = event.from ? STATUSES[event.from].label : '?';
      const to = event.to ? STATUSES[event.to].label : '?';
      return {
        text: from === to ? `Still ${to.toLowerCase()}` : `${from} → ${to}`,
        detail: joined(event.reason ?? (event.outcome && words(event.outcome)), cause),
        tone: event.to ? standingOf(event.to) : 'neutral',
      };
    }
    case 'cooldown_ended':
      return {
        text: `Cooldown ended for ${event.model ?? event.endpoint ?? 'a part'}`,
        detail: cause,
        tone: 'healthy',
      };
    case 'endpoint_cooled_down':
    case 'model_cooled_down':
      return {
        text: `Cools down for ${event.model ?? event.endpoint ?? 'one model'}`,
        detail: joined(event.reason ?? (event.outcome && words(event.outcome)), cause),
        tone: 'cooling_down',
      };
    case 'budget_threshold':
      return {
        text: event.percent === 100 ? 'A budget is spent' : `${event.percent ?? '?'} % of a budget spent`,
        detail: event.reason,
        tone: 'cooling_down',
      };
    case 'key_expiring':
      return {
        text: `Ends in ${event.days === 1 ? 'a day' : `${event.days ?? '?'} days`}`,
        detail: event.expires_at && `at ${event.expires_at}`,
        tone: 'cooling_down',
      };
    case 'key_added':
      return {
        text: event.status ? `Added: ${STATUSES[event.status].label.toLowerCase()}` : 'Added',
        detail: cause,
        tone: event.status ? standingOf(event.status) : 'neutral',
      };
    case 'key_deleted':
      return { text: 'Deleted', detail: cause, tone: 'removed' };
    case 'key_updated':
      return { text: `Changed ${event.fields?.map(words).join(', ') ?? ''}`.trim(), detail: cause, tone: 'neutral' };
    case 'store_damaged':
      return { text: 'The store was found damaged', detail: event.reason, tone: 'removed' };
    default:
      return describeAction(event);
  }
}

/** What the administrator did; of an act on many keys, how many it met. */
function actOf(action: string, { bulk_action: bulk, counts = {} }: LogEvent): string {
  if (bulk === undefined) return ACTIONS[action] ?? words(action);
  const { changed = 0, checked = 0 } = counts;
  return `${BULK_ACTS[bulk]} ${counted(changed + checked, 'key')}`;
}

function describeAction(event: LogEvent): EventText {
  const { role, address } = event;
  const act = event.action ? actOf(event.action, event) : words(event.type);
  const failed = event.result !== undefined && event.result !== 'ok';
  return {
    text: `${role === 'admin' ? 'Administrator' : 'Someone'} ${act}${failed ? `: ${event.result ?? ''}` : ''}`,
    detail: joined(
      address && `from ${address}`,
      event.http_status === undefined ? undefined : `HTTP ${event.http_status}`,
    ),
    tone: failed ? 'removed' : 'neutral',
  };
}

/** For screen readers: only what an operator would want to be told at once. */
export function announcementOf(event: LogEvent): string | undefined {
  if (event.type.startsWith('provider_') || event.type === 'removals_doubted' || event.type === 'budget_threshold')
    return `${event.provider ?? ''}: ${describeEvent(event).text}. ${event.reason ?? ''}`;
  if (event.type !== 'status_changed' || !event.to || !event.from) return undefined;
  if (standingOf(event.to) === standingOf(event.from)) return undefined;
  return `Key ${event.masked_key ?? ''} of ${event.provider ?? ''} is now ${STATUSES[event.to].label.toLowerCase()}.`;
}
