import type { Outcome } from '../classification/outcome';
import type { KeyRecord } from './key-record';
import { isRemoved, isResting, type KeyStatus } from './key-state';
import type { Why } from './settlement';

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
export type KeyEvent =
  | (KeyEventBase & { readonly type: 'key_added'; readonly status: KeyStatus })
  | (KeyEventBase & { readonly type: 'key_deleted' })
  | (KeyEventBase & { readonly type: 'key_updated'; readonly fields: readonly string[] })
  | (KeyEventBase & {
      readonly type: 'status_changed';
      readonly from: KeyStatus;
      readonly to: KeyStatus;
      readonly outcome?: Outcome;
      readonly reason?: string;
      /** End of the rest, or time of the next probe. */
      readonly until?: Date;
    })
  | (KeyEventBase & {
      readonly type: 'model_rested';
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

export type KeyEventType = KeyEvent['type'];

type WithoutBase<E> = E extends KeyEvent ? Omit<E, keyof KeyEventBase> : never;

/** An event but for what every event has. */
export type KeyChange = WithoutBase<KeyEvent>;

/** @param change Becomes the event itself: an object spread into another gives V8 a hidden class of its own, 400 bytes each. */
export function keyEvent(record: KeyRecord, by: ChangedBy, at: number, change: KeyChange): KeyEvent {
  const { provider, id: keyId, key } = record;
  return Object.assign(change, { provider, keyId, maskedKey: key.masked, at: new Date(at), by });
}

export function statusChange(record: KeyRecord, from: KeyStatus, why: Why | undefined): KeyChange {
  const { state, status: to } = record;
  const until = isResting(state) ? state.until : isRemoved(state) ? state.recheckAt : undefined;
  return {
    type: 'status_changed',
    from,
    to,
    outcome: why?.outcome,
    reason: why?.reason,
    until: until === undefined || to === 'disabled' ? undefined : new Date(until),
  };
}
