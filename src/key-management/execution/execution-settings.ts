import type { Random } from '../common/clock';
import type { AttemptReport } from '../errors';
import type { AffinityTarget } from '../pool/key/affinity-target';
import type { KeyPool } from '../pool/key-pool';
import type { ExpectedTokens } from '../pool/limits/expected-tokens';
import type { BoundIds } from '../vendors/contract/bound-ids';
import type { CallTracer } from '../tracing/call-tracer';
import type { BodySettings } from './answers/answer-body';
import type { ExecuteOptions, ExecutionReport, ManagedCall } from './execution.types';
import type { FailureClassifier } from './failures/classify-attempt';
import type { UsageMeter } from '../usage/usage-meter';
import type { TokenEstimates } from './tokens/token-estimates';
import type { Backoff, Pauses } from './waiting/backoff';
import type { InFlight } from './waiting/in-flight';
import type { RetryBudget } from './waiting/retry-budget';
import type { WaitQueue } from './waiting/wait-queue';

/** What the calls of one provider share. */
export interface ProviderContext {
  readonly pool: KeyPool;
  readonly queue: WaitQueue;
  readonly classifier: FailureClassifier;
  readonly budget: RetryBudget;
  readonly estimates: TokenEstimates;
  readonly meter: UsageMeter;
  /** The calls that back off. */
  readonly pauses: Pauses;
  /** The calls under way, and answers that are still on their way after their call. */
  readonly calls: InFlight;
}

/** Who follows calls attempt by attempt: the tracer and the debug log. */
export interface CallFollowers {
  /** Undefined while nobody traces. */
  readonly tracer: Pick<CallTracer, 'start'> | undefined;
  /** Called after each attempt; undefined while nobody reads the debug log. */
  readonly onAttempt: ((provider: string, report: AttemptReport) => void) | undefined;
}

/** What all calls of the app share. */
export interface ExecutionSettings extends BodySettings {
  readonly random: Random;
  readonly backoff: Backoff;
  /** The number that is set now: an administrator may change it. A function, since a getter would make every look at these settings a slow one. */
  readonly maxRetries: () => number;
  /** Who follows single calls; undefined while nobody does, as nearly always. */
  readonly followers?: (now: number) => CallFollowers | undefined;
  /** Called after each wait in the queue for a key, whatever came of it. Milliseconds. */
  readonly onWait?: (provider: string, ms: number) => void;
  /** Called at the end of the call, or of its answer where that still streams after the call. */
  readonly onCallEnd?: (
    provider: ProviderContext,
    report: ExecutionReport,
    success: boolean,
    model: string | undefined,
    /** Attempts that were answered "not found" by accounts which were asked in turn: they are no retries. */
    asked?: number,
    /** Where the last attempt went, where that is known. */
    endpoint?: string,
  ) => void;
}

/** What calls of the package's own may ask for beyond what its users may. */
export interface RunOptions extends Omit<ExecuteOptions, 'affinity'> {
  /** The account that the call belongs to, by what its caller says. */
  affinity?: AffinityTarget | undefined;
  /** For a call that names objects of one account: what shows that an account does not have them. */
  notFound?: BoundIds['notFound'];
  /** Nobody knows whose the objects are: accounts are asked in turn, this many at the most. */
  asksAround?: { readonly most: number };
  /** What the call is expected to take of limits of tokens. */
  tokens?: ExpectedTokens;
  /** Called when the call has ended, and its answer where that still streams after the call. Must not throw. */
  onEnd?: ((report: ExecutionReport) => void) | undefined;
  /** The part of that which is certain, where it is an estimate of the package's own. */
  certainTokens?: ExpectedTokens;
}

/** One managed call, as it was asked for. */
export interface CallTerms<T> {
  readonly provider: ProviderContext;
  readonly call: ManagedCall<T>;
  readonly options: RunOptions;
  readonly settings: ExecutionSettings;
}
