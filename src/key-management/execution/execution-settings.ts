import type { Random } from '../common/clock';
import type { AttemptReport } from '../errors';
import type { KeyPool } from '../pool/key-pool';
import type { CallTracer } from '../tracing/call-tracer';
import type { BodySettings } from './answers/answer-body';
import type { Backoff } from './waiting/backoff';
import type { ExecuteOptions, ExecutionReport, ManagedCall } from './execution.types';
import type { FailureClassifier } from './failures/classify-attempt';
import type { Pauses } from './waiting/pauses';
import type { RetryBudget } from './waiting/retry-budget';
import type { WaitQueue } from './waiting/wait-queue';

/** What calls of one provider share. */
export interface ProviderContext {
  readonly pool: KeyPool;
  readonly queue: WaitQueue;
  readonly classifier: FailureClassifier;
  readonly budget: RetryBudget;
}

/** Those who follow calls attempt by attempt. */
export interface CallFollowers {
  /** Undefined while nobody traces. */
  readonly tracer: Pick<CallTracer, 'start'> | undefined;
  /** Told of each attempt; undefined while nobody reads the debug log. */
  readonly attemptLog: ((provider: string, report: AttemptReport) => void) | undefined;
}

export interface ExecutionSettings extends BodySettings {
  readonly random: Random;
  readonly pauses: Pauses;
  readonly backoff: Backoff;
  /** As they are now: an administrator may change them. A function, since a getter would make every look at these settings a slow one. */
  readonly maxRetries: () => number;
  /** Who follows single calls; undefined while nobody does, as nearly always. */
  readonly followers?: (now: number) => CallFollowers | undefined;
  /** Told of each wait in the queue for a key, whatever came of it. Milliseconds. */
  readonly waited?: (provider: string, ms: number) => void;
  /** Told of the call's end: that of its answer, where it goes on after the call. */
  readonly ended?: (
    line: ProviderContext,
    report: ExecutionReport,
    success: boolean,
    model: string | undefined,
  ) => void;
}

/** What calls of the package's own may ask for beyond what its users may. */
export interface RunOptions extends ExecuteOptions {
  /** Id of the key that is tried first, if it is free. */
  firstKey?: string;
}

/** One managed call, as it was asked for. */
export interface CallTerms<T> {
  readonly line: ProviderContext;
  readonly call: ManagedCall<T>;
  readonly options: RunOptions;
  readonly settings: ExecutionSettings;
}
