import type { Clock, Random } from '../clock';
import type { AttemptReport } from '../errors';
import type { KeyPool } from '../pool/key-pool';
import type { CallTracer } from '../tracing/call-tracer';
import type { Backoff } from './backoff';
import type { ExecutionReport } from './execution.types';
import type { FailureClassifier } from './failure';
import type { Pauses } from './pauses';
import type { RetryBudget } from './retry-budget';
import type { TimeLimits } from './time-limits';
import type { WaitQueue } from './wait-queue';

/** What calls of one provider share. */
export interface ProviderLine {
  readonly pool: KeyPool;
  readonly queue: WaitQueue;
  readonly classifier: FailureClassifier;
  readonly budget: RetryBudget;
}

export interface ExecutionSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TimeLimits;
  readonly pauses: Pauses;
  readonly backoff: Backoff;
  readonly maxRetries: number;
  /** Undefined while nobody traces. */
  readonly tracer?: (now: number) => Pick<CallTracer, 'start'> | undefined;
  /** Told of each wait in the queue for a key, whatever came of it. Milliseconds. */
  readonly waited?: (provider: string, ms: number) => void;
  /** Told of each attempt; undefined while nobody reads the debug log. */
  readonly attemptLog?: (now: number) => ((provider: string, report: AttemptReport) => void) | undefined;
  /** Told of the call's end, unless its answer goes on: then whoever has the answer tells. */
  readonly ended?: (line: ProviderLine, report: ExecutionReport, success: boolean) => void;
}
