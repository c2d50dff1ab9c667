import type { CheckedClassification } from '../classification/classification';
import type { AttemptReport } from '../errors';
import type { PoolLease } from '../pool/key-lease';
import { addUsage, type Usage } from '../usage/usage';
import type { CallTrace } from '../tracing/call-trace';
import type { VendorError } from '../classification/evidence/vendor-error';
import type { Outcome } from '../vendors/contract/outcome';
import type { AnswerEnd } from './answers/answer-body';
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
  /** Attempts that were answered "not found" by accounts which were asked in turn. */
  readonly asked: number;
  /** What the attempts before the last one used. */
  readonly usage: Usage | undefined;
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
    account: lease.account,
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
 * An answer that failed within its HTTP 200, by the fault of the caller, is the caller's all the same; lease, report and counts say what it was.
 * @param soFar Undefined for a call that succeeds at its first attempt, at once.
 */
export function succeeded<T>(
  terms: CallTerms<T>,
  context: AttemptContext,
  response: T,
  startedAt: number,
  soFar?: CallSoFar,
): ExecutionResult<T> {
  const { provider, settings, options } = terms;
  const now = settings.clock.now();
  const { answers } = context;
  const isStreaming = answers?.isStreaming(response) ?? false;
  const failure = isStreaming ? undefined : knownFailure(answers?.lastFailure, provider.classifier, context);
  if (isStreaming) context.accepted(now);
  else {
    const stated = provider.meter.reader.read(response);
    if (stated !== undefined) context.book(stated, true, response);
    else context.bookSeen(true);
    context.settle(failure ?? 'ok', now);
  }
  const report = attemptReport(context, failure?.outcome ?? 'ok', now, soFar?.waitedMs ?? 0, failure);
  soFar?.attempts.push(report);
  // A list made for one takes a third of the memory of one that grew.
  const attempts = soFar === undefined ? [report] : soFar.attempts;
  if (!isStreaming) soFar?.trace?.attemptEnded(report);
  soFar?.followers?.onAttempt?.(provider.pool.provider, report);
  const result: ExecutionResult<T> & { success: true } = {
    success: true,
    response,
    provider: provider.pool.provider,
    attemptsMade: attempts.length,
    keysTried: keysTriedIn(attempts),
    totalTimeMs: now - startedAt,
    attempts,
    usage: isStreaming ? soFar?.usage : addUsage(soFar?.usage, context.usage),
  };
  if (options.affinity !== undefined) result.affinity = whereTo(context);
  if (isStreaming) endsWithStream(terms, { context, report, result }, soFar);
  else {
    soFar?.trace?.ended(result.attemptsMade, undefined, result.affinity);
    options.onEnd?.(result);
    settings.onCallEnd?.(provider, result, failure === undefined, options.model, soFar?.asked, context.endpoint);
  }
  return result;
}

/** An attempt whose answer streams on, and what its caller has been given of it. */
interface Streaming {
  readonly context: AttemptContext;
  readonly report: AttemptReport;
  readonly result: ExecutionResult<unknown>;
}

/** The call ends when its answer has. A function of its own: one that makes a closure pays for that in every call. */
function endsWithStream(
  { provider, settings, options }: CallTerms<unknown>,
  { context, report, result }: Streaming,
  soFar: CallSoFar | undefined,
): void {
  const answers = context.answers!;
  answers.onRelease((end) => {
    context.book(answers.usage, end === 'whole', answers.model);
    // The report is the caller's by now: whoever looks at it after the stream finds what the stream took.
    const used = addUsage(soFar?.usage, context.usage);
    if (used !== undefined) result.usage = used;
    const outcome = outcomeOf(end, provider.classifier, context);
    context.settle(outcome);
    // The report is the caller's by now: whoever looks at it after the stream finds what the stream came to.
    if (typeof outcome === 'object') Object.assign(report, verdictOf(outcome));
    const isWell = outcome === 'ok' || outcome === 'cancelled';
    endTrace(soFar?.trace, result, outcome === 'cancelled' ? { ...report, outcome } : report);
    options.onEnd?.(result);
    settings.onCallEnd?.(provider, result, isWell, options.model, soFar?.asked, context.endpoint);
  });
}

/** Ends the spans of a call whose answer has streamed to its end. A caller that reads no further has had what it wanted. */
function endTrace(trace: CallTrace | undefined, result: ExecutionResult<unknown>, report: AttemptReport): void {
  trace?.attemptEnded(report);
  const isGood = report.outcome === 'ok' || report.outcome === 'cancelled';
  trace?.ended(result.attemptsMade, isGood ? undefined : report.outcome, result.affinity);
}

/** Whether an attempt of a call with an affinity went to the account that the call prefers. */
export const whereTo = ({ hasMoved }: Pick<AttemptContext, 'hasMoved'>): 'kept' | 'moved' =>
  hasMoved ? 'moved' : 'kept';

/** What of a failure a report says. */
const verdictOf = ({ outcome, status, reason }: CheckedClassification) => ({ outcome, status, reason });

/**
 * What an HTTP 200 that the caller's function has read to its end failed with, where a rule knows it. The caller may treat it as any answer; what
 * is the key's or the vendor's fault has ended the attempt before.
 */
function knownFailure(
  seen: VendorError | undefined,
  classifier: FailureClassifier,
  context: AttemptContext,
): CheckedClassification | undefined {
  if (seen?.phase !== 'stream') return undefined;
  const failure = classifyEvidence(seen, { classifier, context });
  return failure.outcome === 'unknown' ? undefined : failure;
}

/** What an answer turned out to be that streamed on after its call. */
function outcomeOf(
  end: AnswerEnd,
  classifier: FailureClassifier,
  context: AttemptContext,
): CheckedClassification | 'ok' | 'cancelled' {
  if (typeof end === 'object') return classifyEvidence(end, { classifier, context });
  return end === 'cancelled' ? 'cancelled' : 'ok';
}

/** The masked keys, in the order in which they were tried, each once. */
function keysTriedIn(attempts: readonly AttemptReport[]): string[] {
  if (attempts.length === 1) return [attempts[0]!.maskedKey];
  return [...new Map(attempts.map(({ keyId, maskedKey }) => [keyId, maskedKey])).values()];
}
