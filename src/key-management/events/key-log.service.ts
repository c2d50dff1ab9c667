import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { isGrouped, type KeyEvent } from '../pool/key-events';
import { KeyPoolService } from '../pool/key-pool.service';
import { isRemovedStatus } from '../pool/key/key-state';
import { logLine } from '../common/log-line';

type StatusChange = Extract<KeyEvent, { type: 'status_changed' }>;

/** Writes one line to the log for each change of a key or provider: removals and failing providers as warnings. */
@Injectable()
export class KeyLogService implements OnModuleDestroy {
  readonly #logger = new Logger('KeyManagement');
  readonly #subscription: Subscription;

  constructor(pools: KeyPoolService) {
    this.#subscription = pools.events$.subscribe((event) => this.#log(event));
  }

  onModuleDestroy(): void {
    this.#subscription.unsubscribe();
  }

  #log(event: KeyEvent): void {
    if (isGrouped(event)) return;
    const line = logLine(nameOf(event), fieldsOf(event));
    if (isWarning(event)) this.#logger.warn(line);
    else this.#logger.log(line);
  }
}

const WARNINGS: ReadonlySet<KeyEvent['type']> = new Set([
  'provider_failing',
  'usable_keys_low',
  'removals_doubted',
  'runs_out',
  'key_expiring',
  'budget_threshold',
] as const);

/** What an administrator does on purpose is no warning, and a key that stays out was warned of when it went. */
function isWarning(event: KeyEvent): boolean {
  if (event.type !== 'status_changed') return WARNINGS.has(event.type);
  const isOnPurpose = event.to === 'disabled' && event.by !== 'time';
  return isRemovedStatus(event.to) && !isOnPurpose && event.from !== event.to;
}

/** The fields that any event may have. */
type AnyFields = { readonly [Name in KeyOfAny<KeyEvent>]?: FieldOf<KeyEvent, Name> };
type KeyOfAny<Event> = Event extends unknown ? keyof Event : never;
type FieldOf<Event, Name extends PropertyKey> =
  Event extends Readonly<Partial<Record<Name, infer Value>>> ? Value : never;

/** In one literal: objects that are spread into another give it a shape of its own with each line. */
function fieldsOf(event: AnyFields): Record<string, string | undefined> {
  const { state } = event;
  const isOfProvider = state !== undefined;
  return {
    provider: event.provider,
    state,
    key: isOfProvider ? undefined : event.maskedKey,
    key_id: isOfProvider ? undefined : event.keyId,
    by: isOfProvider && state !== 'paused' ? undefined : event.by,
    percent: event.percent?.toString(),
    from: event.from,
    to: event.to,
    status: event.status,
    fields: event.fields?.join(','),
    model: event.model,
    endpoint: event.endpoint,
    outcome: event.outcome,
    reason: event.reason,
    days: event.days?.toString(),
    change: event.change,
    count: event.count?.toString(),
    account: event.account,
    unit: event.unit,
    left: event.left?.toString(),
    usable_keys: event.usableKeys?.toString(),
    minimum: event.minimum?.toString(),
    runs_out_at: event.runsOutAt?.toISOString(),
    expires_at: event.expiresAt?.toISOString(),
    until: event.until?.toISOString(),
    since: event.since?.toISOString(),
  };
}

function nameOf(event: KeyEvent): string {
  switch (event.type) {
    case 'status_changed':
      return nameOfChange(event);
    case 'model_cooled_down':
    case 'endpoint_cooled_down':
      return 'key cools down';
    default:
      return event.type.replaceAll('_', ' ');
  }
}

function nameOfChange({ from, to }: StatusChange): string {
  if (to === 'disabled') return 'key disabled';
  if (from === 'disabled') return 'key enabled';
  if (isRemovedStatus(to)) return from === to ? 'key still out' : 'key removed';
  if (to === 'rate_limited' || to === 'cooling_down') return 'key cools down';
  return from === 'unchecked' ? 'key ready' : 'key back';
}
