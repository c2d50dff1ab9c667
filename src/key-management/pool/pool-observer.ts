import type { Outcome } from '../classification/outcome';
import type { KeyEvent } from './key-events';
import type { KeyRecord } from './key-record';
import type { Source } from './settlement';

/** Told of every call of one provider, in batches: at the latest when somebody asks for figures, or within the second. Must not throw. */
export interface CallObserver {
  /** A lease was settled. */
  leaseSettled(record: KeyRecord, outcome: Outcome, durationMs: number, source: Source): void;
  /** A managed call ended: `attempts` of it were made in `totalTimeMs` milliseconds. */
  callEnded(success: boolean, attempts: number, totalTimeMs: number): void;
}

/** What a pool tells those behind it. Called in the same tick as the change. */
export interface PoolObserver {
  /** A key changed: added, deleted, another status, another rest. */
  keyChanged(record: KeyRecord, event: KeyEvent): void;
  /** A managed call waited that many milliseconds in the queue for a key, whether it got one or not. */
  callWaited?(provider: string, ms: number): void;
  /** A key may be chosen again that could not be before. */
  keyFreed(provider: string): void;
  /** Who is told of the provider's calls. Asked anew whenever an observer comes or goes. */
  callsOf?(provider: string): CallObserver;
  /** There are calls to be told of: whoever needs them in time asks for them by `tellCalls`. */
  callsPending?(): void;
}
