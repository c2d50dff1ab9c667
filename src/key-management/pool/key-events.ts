import type { Outcome } from '../vendors/contract/outcome';
import type { KeyRecord } from './key/key-record';
import { isRemoved, isCoolingDown, type KeyStatus } from './key/key-state';
import type { Why } from './state/settlement';

/**
 * How a provider stands, gravest first: switched off by an administrator; without a key for any model that is called; nearly all its calls
 * fail; some do, or something is missing; nobody called for an hour; well.
 */
export const PROVIDER_STATES = ['paused', 'no_usable_key', 'failing', 'degraded', 'idle', 'serving'] as const;
export type ProviderState = (typeof PROVIDER_STATES)[number];

/** What or who changed a key. `instance`: another instance of the app, over a shared store. */
export type ChangedBy = 'call' | 'probe' | 'time' | 'administrator' | 'configuration' | 'instance' | 'store';

interface KeyEventBase {
  readonly provider: string;
  readonly keyId: string;
  readonly maskedKey: string;
  readonly at: Date;
  readonly by: ChangedBy;
}

/** One change of one key. No event carries a key. */
export type KeyChangeEvent =
  | (KeyEventBase & { readonly type: 'key_added'; readonly status: KeyStatus })
  | (KeyEventBase & { readonly type: 'key_deleted' })
  | (KeyEventBase & { readonly type: 'key_updated'; readonly fields: readonly string[] })
  | (KeyEventBase & {
      readonly type: 'status_changed';
      readonly from: KeyStatus;
      readonly to: KeyStatus;
      readonly outcome?: Outcome;
      readonly reason?: string;
      /** End of the cooldown, or time of the next probe. */
      readonly until?: Date;
    })
  | (KeyEventBase & {
      readonly type: 'model_cooled_down';
      readonly model: string;
      readonly until: Date;
      readonly outcome: Outcome;
      readonly reason?: string;
    })
  | (KeyEventBase & {
      readonly type: 'endpoint_cooled_down';
      readonly endpoint: string;
      readonly until: Date;
      readonly outcome: Outcome;
      readonly reason?: string;
    })
  | (KeyEventBase & {
      /** An administrator ended the cooldown of a model or an endpoint before its time. */
      readonly type: 'cooldown_ended';
      readonly model?: string;
      readonly endpoint?: string;
      /** What is left of it: a rate limit that the vendor stated. */
      readonly until?: Date;
    });

/** A provider serves nobody, or does so again. Of no single key. */
interface ProviderEventBase {
  readonly provider: string;
  readonly keyId?: undefined;
  readonly maskedKey?: undefined;
  readonly at: Date;
  readonly by: ChangedBy;
  /** As `GET /health/keys` has it: the state that the provider came into, and one sentence on it. */
  readonly state: ProviderState;
  readonly reason: string;
}

export type ProviderEvent =
  | (ProviderEventBase & {
      readonly type: 'provider_failing';
      /** When it may end, where that is known. */
      readonly until?: Date;
    })
  | (ProviderEventBase & {
      readonly type: 'provider_recovered';
      /** When it had begun to fail. */
      readonly since: Date;
    });

/** One change of one key, or of a provider as a whole. No event carries a key. */
export type KeyEvent = KeyChangeEvent | ProviderEvent;

export type KeyEventType = KeyEvent['type'];

/** Every type of event. */
export const KEY_EVENT_TYPES = [
  'key_added',
  'key_deleted',
  'key_updated',
  'status_changed',
  'model_cooled_down',
  'endpoint_cooled_down',
  'cooldown_ended',
  'provider_failing',
  'provider_recovered',
] as const satisfies readonly KeyEventType[];

type WithoutBase<E> = E extends KeyChangeEvent ? Omit<E, keyof KeyEventBase> : never;

/** An event but for what every event has. */
export type KeyChange = WithoutBase<KeyChangeEvent>;

/** @param change Becomes the event itself: an object spread into another gives V8 a hidden class of its own, 400 bytes each. */
export function keyEvent(record: KeyRecord, by: ChangedBy, at: number, change: KeyChange): KeyChangeEvent {
  const { provider, id: keyId, key } = record;
  return Object.assign(change, { provider, keyId, maskedKey: key.masked, at: new Date(at), by });
}

export function statusChange(record: KeyRecord, from: KeyStatus, why: Why | undefined): KeyChange {
  const { state, status: to } = record;
  const until = isCoolingDown(state) ? state.until : isRemoved(state) ? state.recheckAt : undefined;
  return {
    type: 'status_changed',
    from,
    to,
    outcome: why?.outcome,
    reason: why?.reason,
    until: until === undefined || to === 'disabled' ? undefined : new Date(until),
  };
}
