import type { Outcome } from '../vendors/contract/outcome';
import type { CallObserver } from './call-batches';
import type { BreakerStatus } from './circuit-breaker';
import type { Period } from '../common/period-end';
import type { BudgetScope, BudgetThreshold, BudgetUnit } from './limits/budget';
import type { ExpiryThreshold } from './key/key-expiry';
import type { KeyRecord } from './key/key-record';
import type { KeyStatus } from './key/key-state';

/**
 * The states of a provider, gravest first: switched off by an administrator; without a key for any model that is called; nearly all its calls
 * fail; some do, or something is missing; nobody called for an hour; all is well.
 */
export const PROVIDER_STATES = ['paused', 'no_usable_key', 'failing', 'degraded', 'idle', 'serving'] as const;
export type ProviderState = (typeof PROVIDER_STATES)[number];

/** What or who changed a key. `instance`: another instance of the app, over a shared store; `source`: the key source of its provider. */
export type ChangedBy = 'call' | 'probe' | 'time' | 'administrator' | 'configuration' | 'source' | 'instance' | 'store';

interface KeyEventBase {
  readonly provider: string;
  readonly keyId: string;
  readonly maskedKey: string;
  readonly at: Date;
  readonly by: ChangedBy;
  /** One of many like it, by one act of an administrator, which a `keys_changed` event sums up. */
  readonly grouped?: true;
}

/** The cooldown of one model or endpoint began, or became longer. */
interface CooldownFacts {
  readonly until: Date;
  readonly outcome: Outcome;
  readonly reason?: string;
}

/** One change of a key, without what every event has. */
export type KeyChange =
  | { readonly type: 'key_added'; readonly status: KeyStatus }
  | { readonly type: 'key_deleted' }
  | { readonly type: 'key_updated'; readonly fields: readonly string[] }
  | {
      /** The vendor ends the key soon: told once per key and threshold, whatever the number of instances. */
      readonly type: 'key_expiring';
      /** The threshold that was reached: 14, then 1. */
      readonly days: ExpiryThreshold;
      readonly expiresAt: Date;
    }
  | {
      readonly type: 'status_changed';
      readonly from: KeyStatus;
      readonly to: KeyStatus;
      readonly outcome?: Outcome;
      readonly reason?: string;
      /** End of the cooldown, or time of the next probe. */
      readonly until?: Date;
    }
  | (CooldownFacts & { readonly type: 'model_cooled_down'; readonly model: string })
  | (CooldownFacts & { readonly type: 'endpoint_cooled_down'; readonly endpoint: string })
  | {
      /** An administrator ended the cooldown of a model or an endpoint before its time. */
      readonly type: 'cooldown_ended';
      readonly model?: string;
      readonly endpoint?: string;
      /** What is left of it: a rate limit that the vendor stated. */
      readonly until?: Date;
    };

/** One change of one key. No event carries a key. */
export type KeyChangeEvent = KeyEventBase & KeyChange;

/** A provider serves nobody, or does so again. The event belongs to no single key. */
export type ProviderEvent = {
  readonly provider: string;
  readonly keyId?: undefined;
  readonly maskedKey?: undefined;
  readonly at: Date;
  readonly by: ChangedBy;
  /** As `GET /health/keys` has it: the state that the provider came into, and one sentence on it. */
  readonly state: ProviderState;
  readonly reason: string;
} & (
  | {
      readonly type: 'provider_failing';
      /** When it may end, where that is known. */
      readonly until?: Date;
    }
  | {
      readonly type: 'provider_recovered';
      /** When it had begun to fail. */
      readonly since: Date;
    }
  | {
      /** Fewer keys are in the pool than `minimumUsableKeys` asks for. Once, until there are enough again. */
      readonly type: 'usable_keys_low';
      /** Keys in the pool: those that cool down included. */
      readonly usableKeys: number;
      readonly minimum: number;
    }
);

/**
 * Several keys met the same refusal within a minute, which would remove them although no rule knows the answer: the pool stops removing keys for it.
 * They cool down and are probed instead. Once for as long as the refusals go on.
 */
export interface RemovalsDoubtedEvent {
  readonly type: 'removals_doubted';
  readonly provider: string;
  readonly keyId?: undefined;
  readonly maskedKey?: undefined;
  readonly at: Date;
  readonly by: ChangedBy;
  /** What the status table takes the refusal for. */
  readonly outcome: Outcome;
  /** One sentence, with the vendor's or the proxy's own words. */
  readonly reason: string;
}

/** How long before something runs out the event `runs_out` comes. Hours, the first first. */
export const RUN_OUT_WARNINGS = [24, 2] as const;
export type RunOutWarning = (typeof RUN_OUT_WARNINGS)[number];

/**
 * What is left of a key, an account or a provider is used up soon, at the present pace of spending: a day ahead, and two hours ahead, once each.
 * `keyId` and `maskedKey` are there where it is one key's, `account` where it is an account's.
 */
export interface RunsOutEvent {
  readonly type: 'runs_out';
  readonly provider: string;
  readonly keyId?: string | undefined;
  readonly maskedKey?: string | undefined;
  readonly account?: string;
  readonly at: Date;
  readonly by: ChangedBy;
  /** The threshold that was reached: 24 hours, then 2. */
  readonly hours: RunOutWarning;
  /** What is counted: `usd`, `tokens`, `requests`, or the vendor's own unit of a balance. */
  readonly unit: string;
  readonly left: number;
  readonly runsOutAt: Date;
  /** One sentence. */
  readonly reason: string;
}

/** So much of a budget is spent: told once per budget, period and threshold, whatever the number of instances. */
export interface BudgetThresholdEvent {
  readonly type: 'budget_threshold';
  readonly provider: string;
  /** The key whose budget it is; undefined where it is an account's or the provider's. */
  readonly keyId?: string;
  readonly maskedKey?: string;
  readonly at: Date;
  readonly by: ChangedBy;
  readonly scope: BudgetScope;
  /** The account whose budget it is. */
  readonly account?: string;
  /** The threshold that was reached: 50, 80, then 100. */
  readonly percent: BudgetThreshold;
  readonly unit: BudgetUnit;
  readonly limit: number;
  /** What all instances have spent of it in the period, as far as it is known. */
  readonly spent: number;
  readonly per: Period;
  /** When the period ends. */
  readonly until: Date;
  /** One sentence. */
  readonly reason: string;
}

/** What events have that belong to no single key. */
interface ProviderEventBase {
  readonly provider: string;
  readonly keyId?: undefined;
  readonly maskedKey?: undefined;
  readonly at: Date;
  readonly by: ChangedBy;
}

/** An administrator paused the provider, or gave its pause another end. */
export interface ProviderPausedEvent extends ProviderEventBase {
  readonly type: 'provider_paused';
  readonly state: 'paused';
  /** One sentence. */
  readonly reason: string;
  /** When the pause ends by itself; left out where it holds until somebody resumes the provider. */
  readonly until?: Date;
}

/** The provider serves again: an administrator resumed it, or its pause is over (`by: 'time'`). */
export interface ProviderResumedEvent extends ProviderEventBase {
  readonly type: 'provider_resumed';
  readonly state?: undefined;
  /** One sentence. */
  readonly reason: string;
  /** When the pause had begun. */
  readonly since: Date;
}

/** What an administrator can do to many keys at once. */
export const BULK_CHANGES = ['enabled', 'disabled', 'deleted'] as const;
export type BulkChange = (typeof BULK_CHANGES)[number];

/** An administrator changed many keys at once: told once, after the event of each key (which is `grouped`). */
export interface KeysChangedEvent extends ProviderEventBase {
  readonly type: 'keys_changed';
  readonly change: BulkChange;
  /** How many keys it changed. */
  readonly count: number;
}

/** One change of one key, of many keys, or of a provider as a whole. No event carries a key. */
export type KeyEvent =
  | KeyChangeEvent
  | ProviderEvent
  | ProviderPausedEvent
  | ProviderResumedEvent
  | KeysChangedEvent
  | RemovalsDoubtedEvent
  | RunsOutEvent
  | BudgetThresholdEvent;

export type KeyEventType = KeyEvent['type'];

/** Whether it is one of many like it, all of which a `keys_changed` sums up. */
export const isGrouped = (event: KeyEvent): boolean => 'grouped' in event && event.grouped === true;

/** Every type of event. */
export const KEY_EVENT_TYPES = [
  'key_added',
  'key_deleted',
  'key_updated',
  'key_expiring',
  'status_changed',
  'model_cooled_down',
  'endpoint_cooled_down',
  'cooldown_ended',
  'provider_failing',
  'provider_recovered',
  'usable_keys_low',
  'provider_paused',
  'provider_resumed',
  'keys_changed',
  'removals_doubted',
  'runs_out',
  'budget_threshold',
] as const satisfies readonly KeyEventType[];

/** What can be listened for: the types of events, and `key_removed`: a `status_changed` by which a key leaves the pool. */
export const HEARD_KEY_EVENTS = [...KEY_EVENT_TYPES, 'key_removed'] as const;
export type HeardKeyEvent = (typeof HEARD_KEY_EVENTS)[number];

/** Those who follow what happens in the pools. Each method is called in the same tick as the change, and must not throw. */
export interface PoolObserver {
  /** A key changed: added, deleted, another status, another cooldown. */
  keyChanged(record: KeyRecord, event: KeyChangeEvent): void;
  /** A managed call waited that many milliseconds in the queue for a key, whether it got one or not. */
  callWaited?(provider: string, ms: number): void;
  /** A key may be chosen again that could not be before. */
  keyFreed(provider: string): void;
  /** An administrator paused the provider, or it serves again. */
  pauseChanged?(provider: string): void;
  /** The provider's circuit breaker changed its state. */
  breakerChanged?(provider: string, status: BreakerStatus): void;
  /** The follower of the provider's calls. The pools ask for it anew whenever an observer comes or goes. */
  callsOf?(provider: string): CallObserver;
  /** Answers have told something new of the account behind the key. */
  accountFound?(record: KeyRecord): void;
  /** A pool that was opened at run time is being closed: no call of it begins any more, those under way go on. */
  poolClosing?(provider: string): void;
  /** How many managed calls of the provider are under way, those that wait or back off included. */
  callsUnderWay?(provider: string): number;
  /** They took too long: those of the closing pool that only wait, or back off, are to end now. */
  poolCut?(provider: string): void;
  /** Its last call has ended, and its keys are still there: what was claimed for them is given back. */
  poolIdle?(provider: string): void;
  /** The pool is closed, and its keys are deleted: nothing of it is to be remembered in memory. */
  poolClosed?(provider: string): void;
  /** The key is to be probed at once: what was said of it is doubted. */
  probeWanted?(record: KeyRecord): void;
  /** The pool stops removing keys for evidence that several keys met. */
  removalsDoubted?(event: RemovalsDoubtedEvent): void;
  /** So much of a budget is spent. */
  budgetReached?(event: BudgetThresholdEvent): void;
  /** A budget in US dollars counts keys of the provider, where none did before. */
  usdCounted?(provider: string): void;
  /** There are calls that no observer has seen yet: whoever needs them in time calls `flushCalls`. */
  callsPending?(): void;
}
