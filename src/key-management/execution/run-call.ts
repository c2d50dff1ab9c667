import { awaited, endOf, runAttempt } from './attempt';
import { leaseFirst } from './attempt-context';
import { Execution } from './execution';
import type { CallTerms } from './execution-settings';
import type { ExecutionResult } from './execution.types';
import { failedEnd } from './failures/classify-attempt';
import { succeeded } from './attempt-report';

/**
 * One managed call. Nearly all have a key at once and an answer at the first attempt: for them nothing is made that is not needed, and no
 * async function either, whose frame alone is 240 bytes. All others are an {@link Execution}'s.
 */
export function runCall<T>(terms: CallTerms<T>): Promise<ExecutionResult<T>> {
  const { line, call, options, settings } = terms;
  const { signal, timeoutMs = Infinity, firstKey } = options;
  const startedAt = settings.clock.now();
  // Calls that are followed, and those that are over before they begin.
  const isOrdinary = !signal?.aborted && timeoutMs > 0 && !settings.followers?.(startedAt);
  const context =
    isOrdinary && !line.queue.isWaiting(options) ? leaseFirst(line.pool, options, firstKey, startedAt) : undefined;
  if (!context) return new Execution(terms, startedAt).run();
  return awaited(
    runAttempt(call, context, options, startedAt + timeoutMs, settings),
    (value) => {
      const end = failedEnd(context, value, line.classifier);
      return end
        ? new Execution(terms, context.startedAt).goOn(context, end)
        : succeeded(terms, context, value, context.startedAt);
    },
    (error: unknown) => new Execution(terms, context.startedAt).goOn(context, endOf(error)),
  );
}
