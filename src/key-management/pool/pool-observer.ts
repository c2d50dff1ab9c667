import type { BreakerStatus } from './circuit-breaker';
import type { Outcome } from '../vendors/contract/outcome';
import type { KeyChangeEvent } from './key-events';
import type { KeyRecord } from './key/key-record';

/** What a managed call ended with: the outcome of its last attempt, or that it found no key. */
export type CallEnd = Outcome | 'no_key';

/** Settled leases and ended calls, in the order in which they came: a column for each thing to know. Only valid while being told. */
export interface CallBatch {
  /** So many leases were settled. */
  readonly settled: number;
  /** Empty again once told, so that no deleted key is held. */
  readonly records: readonly (KeyRecord | undefined)[];
  /** Places in `OUTCOMES`. */
  readonly outcomes: Uint8Array;
  /** 1 for a health check, 0 for an attempt of a call. */
  readonly probes: Uint8Array;
  readonly durationsMs: Float64Array;
  /** So many managed calls ended. */
  readonly ended: number;
  /** 1 for a success, 0 for a failure. */
  readonly successes: Uint8Array;
  /** Attempts made in the call. */
  readonly attempts: Uint32Array;
  readonly totalTimesMs: Float64Array;
  /** The model that the call named; undefined where it named none. */
  readonly models: readonly (string | undefined)[];
  /** Places in `CALL_ENDS`. */
  readonly ends: Uint8Array;
}

/** Told of every call of one provider: at the latest when somebody asks for figures, or within the second. */
export interface CallObserver {
  /** Must not throw. */
  onCallBatch(batch: CallBatch): void;
}

/** What a pool tells those behind it. Called in the same tick as the change. */
export interface PoolObserver {
  /** A key changed: added, deleted, another status, another cooldown. */
  keyChanged(record: KeyRecord, event: KeyChangeEvent): void;
  /** A managed call waited that many milliseconds in the queue for a key, whether it got one or not. */
  callWaited?(provider: string, ms: number): void;
  /** A key may be chosen again that could not be before. */
  keyFreed(provider: string): void;
  /** The provider's circuit breaker changed its state. */
  breakerChanged?(provider: string, status: BreakerStatus): void;
  /** Who is told of the provider's calls. Asked anew whenever an observer comes or goes. */
  callsOf?(provider: string): CallObserver;
  /** There are calls to be told of: whoever needs them in time asks for them by `flushCalls`. */
  callsPending?(): void;
}
