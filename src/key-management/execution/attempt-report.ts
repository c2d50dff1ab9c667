import type { CheckedClassification } from '../classification/classification';
import type { AttemptReport } from '../errors';
import type { PoolLease } from '../pool/key-lease';
import type { SettledOutcome } from '../pool/state/settlement';
import type { CallTrace } from '../tracing/call-trace';
import type { Outcome } from '../vendors/contract/outcome';
import type { AnswerEnd } from './answers/answer-body';
import { tokensIn } from './answers/token-usage';
import type { AttemptContext } from './attempt-context';
import type { CallFollowers, CallTerms } from './execution-settings';
import type { ExecutionReport, ExecutionResult } from './execution.types';
import { classifyEvidence, type FailureClassifier } from './failures/classify-attempt';

/** A managed call whose last attempt is about to be reported. Times are milliseconds. */
export interface CallSoFar {
  /** The attempts before the last one. The list becomes the caller's. */
  readonly attempts: AttemptReport[];
  /** The wait before the last attempt. */
  readonly waitedMs: number;
  readonly trace: CallTrace | undefined;
  readonly followers: CallFollowers | undefined;
}

/** What one attempt came to, for the caller, the trace and the log. @param now Milliseconds since the epoch. */
export function attemptReport(
  lease: PoolLease,
  outcome: Outcome,
  now: number,
  waitedMs: number,
  failure?: CheckedClassification,
): AttemptReport {
  return {
    keyId: lease.keyId,
    maskedKey: lease.maskedKey,
    outcome,
    status: failure?.status,
    reason: failure?.reason,
    durationMs: now - lease.startedAt,
    waitedMs,
  };
}

/** What a call came to, whether it succeeded or failed. */
export const executionReport = (provider: string, attempts: AttemptReport[], totalTimeMs: number): ExecutionReport => ({
  provider,
  attemptsMade: attempts.length,
  keysTried: keysTriedIn(attempts),
  totalTimeMs,
  attempts,
});

/**
 * Ends a call whose last attempt gave a good answer. Settles the attempt's lease, unless the answer still streams: then its end settles it.
 * @param soFar Undefined for a call that succeeds at its first attempt, at once.
 */
export function succeeded<T>(
  { provider, settings, options }: CallTerms<T>,
  context: AttemptContext,
  response: T,
  startedAt: number,
  soFar?: CallSoFar,
): ExecutionResult<T> {
  const now = settings.clock.now();
  const { answers } = context;
  const isStreaming = answers?.isStreaming(response) ?? false;
  if (isStreaming) context.accepted(now);
  else {
    if (context.countsTokens) context.used(tokensIn(response) || (answers?.tokens ?? 0));
    context.settle('ok', now);
  }
  const report = attemptReport(context, 'ok', now, soFar?.waitedMs ?? 0);
  soFar?.attempts.push(report);
  // A list made for one takes a third of the memory of one that grew.
  const attempts = soFar === undefined ? [report] : soFar.attempts;
  soFar?.trace?.attemptEnded(report);
  soFar?.followers?.onAttempt?.(provider.pool.provider, report);
  const result = {
    success: true as const,
    response,
    provider: provider.pool.provider,
    attemptsMade: attempts.length,
    keysTried: keysTriedIn(attempts),
    totalTimeMs: now - startedAt,
    attempts,
  };
  soFar?.trace?.ended(result.attemptsMade);
  if (!isStreaming) settings.onCallEnd?.(provider, result, true, options.model);
  else
    answers!.onRelease((end) => {
      if (context.countsTokens) context.used(answers!.tokens);
      const outcome = outcomeOf(end, provider.classifier, context);
      context.settle(outcome);
      settings.onCallEnd?.(provider, result, outcome === 'ok' || outcome === 'cancelled', options.model);
    });
  return result;
}

/** What an answer turned out to be that streamed on after its call. */
function outcomeOf(end: AnswerEnd, classifier: FailureClassifier, context: AttemptContext): SettledOutcome {
  if (typeof end === 'object') return classifyEvidence(end, { classifier, context });
  return end === 'cancelled' ? 'cancelled' : 'ok';
}

/** The masked keys, in the order in which they were tried, each once. */
function keysTriedIn(attempts: readonly AttemptReport[]): string[] {
  if (attempts.length === 1) return [attempts[0]!.maskedKey];
  return [...new Map(attempts.map(({ keyId, maskedKey }) => [keyId, maskedKey])).values()];
}
