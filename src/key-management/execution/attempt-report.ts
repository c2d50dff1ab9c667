import type { Outcome } from '../vendors/contract/outcome';
import type { CheckedClassification } from '../classification/classification';
import type { AttemptReport } from '../errors';
import type { PoolLease } from '../pool/key-lease';
import type { CallTrace } from '../tracing/call-trace';
import type { SettledOutcome } from '../pool/state/settlement';
import type { AnswerEnd } from './answers/answer-body';
import type { AttemptContext } from './attempt-context';
import type { CallFollowers, CallTerms } from './execution-settings';
import type { ExecutionResult } from './execution.types';
import { verdictOn, type FailureClassifier } from './failures/classify-attempt';
import { tokensIn } from './answers/token-usage';

/** A managed call whose last attempt is about to be reported. Times are milliseconds. */
export interface CallSoFar {
  /** Those before the last one. The list becomes the caller's. */
  readonly attempts: AttemptReport[];
  /** Before the last attempt. */
  readonly waitedMs: number;
  readonly trace: CallTrace | undefined;
  readonly followers: CallFollowers | undefined;
}

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

/**
 * Settles the lease of the attempt that gave an answer, unless the answer goes on, and ends the call.
 * @param soFar Undefined for a call that succeeds at once.
 */
export function succeeded<T>(
  { line, settings, options }: CallTerms<T>,
  context: AttemptContext,
  response: T,
  startedAt: number,
  soFar?: CallSoFar,
): ExecutionResult<T> {
  const now = settings.clock.now();
  const { answers } = context;
  const goesOn = answers?.goesOn(response) ?? false;
  if (goesOn) context.accepted(now);
  else {
    if (context.countsTokens) context.used(tokensIn(response) || (answers?.tokens ?? 0));
    context.settle('ok', now);
  }
  const report = attemptReport(context, 'ok', now, soFar?.waitedMs ?? 0);
  soFar?.attempts.push(report);
  // A list made for one takes a third of the memory of one that grew.
  const attempts = soFar === undefined ? [report] : soFar.attempts;
  soFar?.trace?.attemptEnded(report);
  soFar?.followers?.attemptLog?.(line.pool.provider, report);
  const result = {
    success: true as const,
    response,
    provider: line.pool.provider,
    attemptsMade: attempts.length,
    keysTried: keysTriedIn(attempts),
    totalTimeMs: now - startedAt,
    attempts,
  };
  soFar?.trace?.ended(result.attemptsMade);
  if (!goesOn) settings.ended?.(line, result, true, options.model);
  else
    answers!.whenReleased((end) => {
      if (context.countsTokens) context.used(answers!.tokens);
      const outcome = outcomeOf(end, line.classifier, context);
      context.settle(outcome);
      settings.ended?.(line, result, outcome === 'ok' || outcome === 'cancelled', options.model);
    });
  return result;
}

/** What the answer turned out to be that went on after its call. */
function outcomeOf(end: AnswerEnd, classifier: FailureClassifier, context: AttemptContext): SettledOutcome {
  if (typeof end === 'object') return verdictOn(end, classifier, context);
  return end === 'cancelled' ? 'cancelled' : 'ok';
}

/** Masked, in the order they were tried, each once. */
export function keysTriedIn(attempts: readonly AttemptReport[]): string[] {
  if (attempts.length === 1) return [attempts[0]!.maskedKey];
  return [...new Map(attempts.map(({ keyId, maskedKey }) => [keyId, maskedKey])).values()];
}
