import type { KeyEvent } from './key-events';
import type { KeyRecord } from './key-record';
import type { Settlement, Source } from './settlement';

/** A managed call that ended: `attempts` of it were made in `totalTimeMs` milliseconds. */
export interface EndedCall {
  readonly provider: string;
  readonly success: boolean;
  readonly attempts: number;
  readonly totalTimeMs: number;
}

/** What a pool tells those behind it. Called in the same tick as the change. */
export interface PoolObserver {
  /** A key changed: added, deleted, another status, another rest. */
  keyChanged(record: KeyRecord, event: KeyEvent): void;
  /** A lease was settled. On the hot path: must be cheap and must not throw. */
  leaseSettled(
    record: KeyRecord,
    settlement: Settlement,
    durationMs: number,
    source: Source,
    model: string | undefined,
  ): void;
  /** A managed call ended, with all its attempts. On the hot path, as above. */
  callEnded(call: EndedCall): void;
  /** A managed call waited that many milliseconds in the queue for a key, whether it got one or not. */
  callWaited?(provider: string, ms: number): void;
  /** A key may be chosen again that could not be before. */
  keyFreed(provider: string): void;
}
